"""The real model, fetched once, and a small stand-in with the same layout for tests that need no real weights."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from quantgate.evals.embedded.weights import fetch


@pytest.fixture(scope="session")
def model() -> Path:
    """SmolLM2-135M-Instruct as it comes, in the user's own cache."""
    return fetch()


@pytest.fixture
def small_model(tmp_path) -> Path:
    """A GGUF file with two linear layers (one of them Q4_1), an embedding, a norm and metadata of several types."""
    path = tmp_path / "small.Q4_1.gguf"
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("small")
    writer.add_file_type(3)
    writer.add_array("tokenizer.ggml.tokens", ["a", "ä", "\U0001f600"])
    writer.add_array("tokenizer.ggml.token_type", [1, 3, 1])
    writer.add_float32("llama.rope.freq_base", 1e5)
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    writer.add_tensor("token_embd.weight", random.normal(size=(3, 64)).astype(np.float16))
    writer.add_tensor("blk.0.attn_norm.weight", random.normal(size=64).astype(np.float32))
    q4_1 = gguf.quants.quantize(random.normal(size=(8, 64)).astype(np.float32), gguf.GGMLQuantizationType.Q4_1)
    writer.add_tensor("blk.0.attn_q.weight", q4_1, raw_dtype=gguf.GGMLQuantizationType.Q4_1)
    writer.add_tensor("blk.0.ffn_up.weight", random.normal(size=(16, 64)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
