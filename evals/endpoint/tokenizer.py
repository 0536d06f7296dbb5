"""Text to token ids, for log-likelihoods: by the server that is asked, or by the model's own tokenizer file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.failures import MalformedReply, Refusal
from quantgate.evals.errors import DataError, RequestRefused, UsageError
from quantgate.evals.files import read_bytes, read_text
from quantgate.evals.text import excerpt

_MOST_OF_TOKENIZER = 256 << 20
_DEADLINE_S = 60.0
_ABSENT = "the server has no /tokenize that can be used; name the model's tokenizer.json with --tokenizer FILE"

_DIALECTS = (("prompt", "add_special_tokens"), ("content", "add_special"))
"""What vLLM and SGLang call text and special tokens, and what llama.cpp does."""

OnFault = Callable[[Fault], None] | None
Parsed = TypeVar("Parsed")


class Server(Protocol):
    """What is asked of an `evals.endpoint.client.Endpoint`."""

    shown_url: str
    model: str

    def at(self, path: str) -> str: ...

    def beside(self, path: str) -> str: ...

    async def post(
        self,
        url: str,
        body: Mapping[str, Any] | None,
        read: Callable[[str], Parsed],
        deadline_s: float,
        on_fault: Callable[[Fault], None] | None = None,
    ) -> tuple[Parsed, int]: ...


class Tokenizer(Protocol):
    """Encodes without adding special tokens, as lm-eval's `local-completions` does, unless they are asked for."""

    description: str

    async def encode(self, text: str, on_fault: OnFault = None, *, special: bool = False) -> list[int]: ...

    async def prefix(self) -> int:
        """The token that stands for an empty context: the beginning of text, else its end."""
        ...


class ServerTokenizer:
    """The server's own `/tokenize`, in the words of vLLM and SGLang or in those of llama.cpp.

    References
    ----------
    vLLM: docs, "Tokenizer API" (`prompt`, `add_special_tokens`; `/tokenizer_info` needs
    `--enable-tokenizer-info-endpoint`). llama.cpp: tools/server/README.md, "POST /tokenize" (`content`, `add_special`).
    """

    description = "the server's /tokenize"

    def __init__(self, endpoint: Server) -> None:
        self._endpoint = endpoint
        self._words: tuple[str, str] | None = None
        self._prefix: int | None = None

    async def encode(self, text: str, on_fault: OnFault = None, *, special: bool = False) -> list[int]:
        """The token ids of a text; with `special` those around it, too, that the model expects.

        Raises
        ------
        RequestRefused
            When the server does not tokenise.
        Fault
            When faults outlast the policy.
        """
        if not text:
            return []
        if self._words is not None:
            return await self._ask(self._words, text, _token_ids, on_fault, special=special)
        for words in _DIALECTS:
            try:
                ids = _token_ids(await self._ask(words, text, str, on_fault, special=special))
            except (Refusal, MalformedReply):
                continue
            # A server that reads another field finds no text there, and gives no tokens.
            if ids:
                self._words = words
                return ids
        raise RequestRefused(f"{self._endpoint.shown_url}: {_ABSENT}")

    async def prefix(self) -> int:
        if self._prefix is None:
            url = self._endpoint.beside("/tokenizer_info")
            try:
                info = _object((await self._endpoint.post(url, None, str, _DEADLINE_S))[0])
            except (Refusal, MalformedReply):
                info = {}
            special = info.get("bos_token") or info.get("eos_token")
            if not isinstance(special, str):
                raise RequestRefused(
                    f"{self._endpoint.shown_url}: the task needs the token that begins a text, which the server does "
                    "not tell (vLLM: --enable-tokenizer-info-endpoint); name the model's file with --tokenizer FILE"
                )
            self._prefix = (await self.encode(special))[0]
        return self._prefix

    async def chat(self, messages: Sequence[Mapping[str, Any]], on_fault: OnFault = None) -> list[int]:
        """The token ids of messages as the server's own template writes them, up to where an answer begins.

        Raises
        ------
        RequestRefused
            When the server tokenises no messages.
        Fault
            When faults outlast the policy.
        """
        asked = {"messages": [dict(message) for message in messages], "add_generation_prompt": True}
        ways = (("/apply-template", _prompt_text), ("/tokenize", _token_ids))
        for page, read in ways:
            body = asked if page == "/apply-template" else {"model": self._endpoint.model, **asked}
            try:
                text = (await self._endpoint.post(self._endpoint.beside(page), body, str, _DEADLINE_S, on_fault))[0]
                told = read(text)
            except (Refusal, MalformedReply):
                continue
            ids = await self.encode(told, on_fault, special=True) if isinstance(told, str) else told
            if ids:
                return ids
        raise RequestRefused(f"{self._endpoint.shown_url}: the server does not tokenise messages by its template")

    async def ends(self, text: str, on_fault: OnFault = None, *, special: bool = False) -> list[bool]:
        """Of each token of a text, whether the text up to it ends with a whole character; only llama.cpp tells that.

        Raises
        ------
        Fault
            When faults outlast the policy, or the server tells no tokens with their bytes.
        """
        body = {"content": text, "add_special": special, "with_pieces": True}
        url = self._endpoint.beside("/tokenize")
        pieces: list[bytes] = (await self._endpoint.post(url, body, _pieces, _DEADLINE_S, on_fault))[0]
        decoder, ends = codecs.getincrementaldecoder("utf-8")("replace"), []
        for piece in pieces:
            decoder.decode(piece)
            ends.append(not decoder.getstate()[0])
        return ends

    async def _ask(
        self, words: tuple[str, str], text: str, read: Callable[[str], Parsed], on_fault: OnFault, *, special: bool
    ) -> Parsed:
        field, adds = words
        body = {field: text, adds: special}
        return (await self._endpoint.post(self._endpoint.beside("/tokenize"), body, read, _DEADLINE_S, on_fault))[0]


class FileTokenizer:
    """A `tokenizer.json` of the model, as Hugging Face publishes it, read by the library `tokenizers`."""

    def __init__(self, path: Path) -> None:
        """Read the file, or the one in the folder.

        Raises
        ------
        UsageError
            When there is none, it cannot be read, or `tokenizers` is not installed.
        """
        try:
            from tokenizers import Tokenizer as Reader
        except ModuleNotFoundError:
            raise UsageError("--tokenizer needs one more library: pip install 'quantgate[tokenizer]'") from None
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            self._reader = Reader.from_buffer(read_bytes(file, _MOST_OF_TOKENIZER))
        except Exception as error:  # noqa: BLE001
            # The library raises bare Exceptions, for a missing file as for a broken one.
            raise UsageError(
                f"--tokenizer {file}: no tokenizer.json can be read there ({excerpt(str(error))})"
            ) from None
        self._folder = file.parent
        self.description = file.name

    async def encode(self, text: str, on_fault: OnFault = None, *, special: bool = False) -> list[int]:
        return list(self._reader.encode(text, add_special_tokens=special).ids)

    async def prefix(self) -> int:
        file = self._folder / "tokenizer_config.json"
        try:
            config = json.loads(read_text(file))
        except (OSError, ValueError, RecursionError):
            config = {}
        for name in ("bos_token", "eos_token"):
            token = config.get(name)
            text = token.get("content") if isinstance(token, dict) else token
            if isinstance(text, str) and (found := self._reader.token_to_id(text)) is not None:
                return int(found)
        raise DataError(
            f"the task scores texts without a context, which needs the token that begins a text: put the model's "
            f"{file.name} beside its tokenizer.json, in {self._folder}"
        )


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise MalformedReply(f"the server answered with something that is no JSON object: {excerpt(text)}")
    return document


def _prompt_text(text: str) -> str:
    prompt = _object(text).get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise MalformedReply(f"/apply-template gave no prompt: {excerpt(text)}")
    return prompt


def _pieces(text: str) -> list[bytes]:
    """The bytes of each token: llama.cpp writes those of a part of a character as numbers."""
    told = _object(text).get("tokens")
    try:
        return [_bytes(each["piece"]) for each in told or ()]
    except (TypeError, ValueError, KeyError):
        raise MalformedReply(f"/tokenize gave no tokens with their bytes: {excerpt(text)}") from None


def _bytes(piece: Any) -> bytes:
    return piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else bytes(list(piece))


def _token_ids(text: str) -> list[int]:
    ids = _object(text).get("tokens")
    if not isinstance(ids, list) or not all(isinstance(token, int) for token in ids):
        raise MalformedReply(f"/tokenize gave no token ids: {excerpt(text)}")
    return ids
