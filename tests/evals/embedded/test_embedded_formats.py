"""Building the precisions: what is rounded, what is copied, and that only whole files are ever used."""

import sys

import gguf
import numpy as np
import pytest

from quantgate.evals.embedded import rounding
from quantgate.evals.embedded.errors import BuildError, MissingExtra
from quantgate.evals.embedded.formats import Precision, build, built

ROUNDED = [Precision.FP8, Precision.MXFP4]
LINEAR = ["blk.0.attn_q.weight", "blk.0.ffn_up.weight"]


def weights_of(path):
    return {
        tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in gguf.GGUFReader(path).tensors
    }


def metadata_of(path):
    own = ("GGUF.", "general.file_type")
    fields = gguf.GGUFReader(path).fields.items()
    return {name: (entry.types, entry.contents()) for name, entry in fields if not name.startswith(own)}


@pytest.mark.parametrize("precision", ROUNDED)
def test_only_linear_layers_are_rounded(small_model, tmp_path, precision):
    source = gguf.GGUFReader(small_model).tensors
    made = gguf.GGUFReader(build(small_model, precision, tmp_path / "made.gguf")).tensors
    assert [(t.name, t.shape.tolist()) for t in made] == [(t.name, t.shape.tolist()) for t in source]
    kind = {Precision.FP8: gguf.GGMLQuantizationType.F16, Precision.MXFP4: gguf.GGMLQuantizationType.MXFP4}[precision]
    for before, after in zip(source, made, strict=True):
        if before.name in LINEAR:
            assert after.tensor_type == kind
        else:
            assert after.tensor_type == before.tensor_type
            assert np.array_equal(after.data, before.data)


@pytest.mark.parametrize(("precision", "file_type"), [(Precision.FP8, 1), (Precision.MXFP4, 38)])
def test_metadata_is_copied_but_for_the_file_type(small_model, tmp_path, precision, file_type):
    made = build(small_model, precision, tmp_path / "made.gguf")
    assert metadata_of(made) == metadata_of(small_model)
    assert gguf.GGUFReader(made).fields["general.file_type"].contents() == file_type


def test_the_file_holds_the_rounded_weights_of_every_linear_layer(small_model, tmp_path):
    source = weights_of(small_model)
    fp8 = weights_of(build(small_model, Precision.FP8, tmp_path / "fp8.gguf"))
    mxfp4 = weights_of(build(small_model, Precision.MXFP4, tmp_path / "mxfp4.gguf"))
    for name in LINEAR:
        assert np.array_equal(fp8[name], rounding.round_fp8(source[name]).astype(np.float32))
        packed = rounding.mxfp4_pack(*rounding.mxfp4_encode(source[name]))
        assert np.array_equal(mxfp4[name], gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.MXFP4))


def test_q4_1_is_the_source_itself(small_model, tmp_path):
    assert build(small_model, Precision.Q4_1, tmp_path / "made.gguf") == small_model
    assert built(small_model, Precision.Q4_1) == small_model
    assert list(tmp_path.iterdir()) == [small_model]


def test_progress_counts_the_linear_layers(small_model, tmp_path):
    seen = []
    build(small_model, Precision.MXFP4, tmp_path / "made.gguf", lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_a_build_is_kept_and_used_again(small_model):
    first = built(small_model, Precision.FP8)
    stamp = first.stat().st_mtime_ns
    assert built(small_model, Precision.FP8) == first
    assert first.stat().st_mtime_ns == stamp
    assert {path.name for path in small_model.parent.iterdir()} == {small_model.name, first.name}


@pytest.mark.parametrize("harm", ["torn", "altered"])
def test_a_file_that_is_not_whole_is_built_anew(small_model, harm):
    kept = built(small_model, Precision.MXFP4)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-40] if harm == "torn" else whole[:-1] + bytes([whole[-1] ^ 1]))
    assert built(small_model, Precision.MXFP4).read_bytes() == whole
    assert {path.name for path in small_model.parent.iterdir()} == {small_model.name, kept.name}


def test_another_build_version_makes_another_file(small_model, monkeypatch):
    old = built(small_model, Precision.FP8)
    monkeypatch.setattr("quantgate.evals.embedded.formats.BUILD_VERSION", 1000)
    assert built(small_model, Precision.FP8) != old


def test_another_source_makes_another_file(small_model):
    old = built(small_model, Precision.FP8)
    content = small_model.read_bytes()
    small_model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert built(small_model, Precision.FP8) != old


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_build_that_is_stopped_leaves_nothing(small_model, stop):
    def interrupt(done, total):
        raise stop

    with pytest.raises(stop):
        built(small_model, Precision.FP8, interrupt)
    assert list(small_model.parent.iterdir()) == [small_model]


def test_a_source_that_is_no_gguf_file_is_named(tmp_path):
    source = tmp_path / "broken.gguf"
    source.write_bytes(b"not a model" * 100)
    with pytest.raises(BuildError, match=r"broken\.gguf cannot be read as a GGUF file"):
        built(source, Precision.FP8)
    assert list(tmp_path.iterdir()) == [source]


def test_a_missing_package_is_named_with_what_to_install(small_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtra, match=r'gguf.*pip install "quantgate\[demo\]"'):
        built(small_model, Precision.FP8)
