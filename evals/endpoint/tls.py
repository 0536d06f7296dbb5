"""Which certificates are trusted, and what to do about one that is not."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from quantgate.evals.errors import UsageError

# OpenSSL's verification codes, include/openssl/x509_vfy.h.
_SELF_SIGNED = frozenset({18, 19})
_UNKNOWN_ISSUER = frozenset({2, 20, 21})
_NOT_NOW = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 64})


def trusting(ca_bundle: Path | None) -> ssl.SSLContext:
    """A context that verifies servers: by the system's authorities and by those of `ca_bundle` (a file or a folder).

    `SSL_CERT_FILE` and `SSL_CERT_DIR` take the system's place, as OpenSSL has it.

    Raises
    ------
    UsageError
        When a file that is named holds no certificates.
    """
    for option, path in (("SSL_CERT_FILE", os.environ.get("SSL_CERT_FILE")), ("--ca-bundle", ca_bundle)):
        if path:
            _check_regular(option, Path(path))
    context = ssl.create_default_context()
    if named := os.environ.get("SSL_CERT_FILE"):
        # OpenSSL has read it by now, and passes over in silence what it cannot use.
        _load(context, "SSL_CERT_FILE", Path(named))
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        _trust_certifi(context)
    if ca_bundle is not None:
        _load(context, "--ca-bundle", ca_bundle)
    return context


def certificate_advice(error: ssl.SSLCertVerificationError, host: str) -> str:
    """What is wrong with a server's certificate, and what to do."""
    code, said = error.verify_code, error.verify_message
    if code in _SELF_SIGNED:
        return f"its certificate is self-signed ({said}): --ca-bundle FILE trusts the certificate in that file"
    if code in _UNKNOWN_ISSUER:
        return (
            f"its certificate is of an authority that is not known here ({said}): --ca-bundle FILE, or SSL_CERT_FILE, "
            "names the authority's own certificate"
        )
    if code in _NOT_NOW:
        return f"its certificate is not valid at this time ({said}): check this machine's clock, or renew it"
    if code in _OTHER_NAME:
        return f"its certificate is not for {host} ({said}): ask by a name that stands in it"
    return f"its certificate cannot be verified ({said}): --ca-bundle FILE names the authorities to trust"


def _load(context: ssl.SSLContext, option: str, path: Path) -> None:
    try:
        if path.is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise UsageError(f"{option} {path}: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)") from None
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be read: {error.strerror or error}") from None


def _check_regular(option: str, path: Path) -> None:
    """Raise UsageError for what OpenSSL would wait for, or read without end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"{option} {path}: cannot be read: it is a pipe, a socket or a device, not a regular file")


def _trust_certifi(context: ssl.SSLContext) -> None:
    """Trust Mozilla's list, on a machine that has none of its own (slim containers)."""
    try:
        import certifi
    except ImportError:
        return
    context.load_verify_locations(cafile=certifi.where())
