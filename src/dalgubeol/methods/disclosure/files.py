"""Files by what they are rather than by what they are called: names that mislead, trained models."""

from __future__ import annotations

import unicodedata

from ...language import say
from .finding import Finding

LONGEST_NAME_BYTES = 100
MODEL_SUFFIXES = ("pkl", "pickle", "joblib", "onnx", "pt", "pth", "ckpt", "h5", "hdf5", "keras", "safetensors", "rds", "rda", "rdata", "pmml", "npz", "npy", "model", "bin", "tflite", "cbm", "ubj")  # fmt: skip
_MODEL_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x89HDF", b"RDX", b"RDA", b"\x93NUMPY")


def file_name(name: str) -> tuple[Finding, ...]:
    """A name that is itself an output or hides what the file is.

    Longer than LONGEST_NAME_BYTES in UTF-8; with a folder, a control or an invisible sign (text that runs backwards
    hides the type: Unicode Technical Report 36, section 2.5); beginning with a dot; not in the composed form (NFC).
    """
    odd = (
        len(name.encode("utf-8", "replace")) > LONGEST_NAME_BYTES
        or name.startswith(".")
        or any(sign in name for sign in "/\\:")
        or any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for sign in name)
        or unicodedata.normalize("NFC", name) != name
    )
    message = say("The file's name is too long or has signs that mislead.")
    return (Finding("file_name", None, None, message),) if odd else ()


def no_text(content: bytes) -> tuple[Finding, ...]:
    """What is no text in UTF-8, though it is to be read as one."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        message = say("This is no text in UTF-8: neither checks nor people can read it.")
        return (Finding("not_utf8", None, None, message),)
    return ()


def model_file(name: str, content: bytes) -> tuple[Finding, ...]:
    """A trained model or an object that runs code when it is opened (pickle), by its name or its first bytes.

    It can be neither read nor attacked safely: a model leaves by its description (`models`).
    """
    suffix = name.rpartition(".")[2].lower()
    message = say(
        "This is a stored object or a model in a form that is not opened here; models leave by their description."
    )
    found = suffix in MODEL_SUFFIXES or content.startswith(_MODEL_STARTS)
    return (Finding("model_file", None, None, message),) if found else ()
