"""Explicit SIMD values inside numba: a type whose LLVM type is ``<n x float>`` (or double, int32).

``a * b`` on lanes is one packed instruction and filter state stays in registers over a loop; LLVM splits sixteen floats into what
the CPU has (one AVX-512, two AVX2, four NEON registers), so one source serves all. No operation carries a fast-math flag and only
``fma`` fuses: results are equal bit for bit on every CPU with fused multiply-add. Only kernels use this module.
"""

# mypy: disable-error-code="no-untyped-call"

import operator
import platform
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

intrinsic: Any = extending.intrinsic

_LLVM = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.int32: ir.IntType(32)}
_SUFFIX = {types.float32: "f32", types.float64: "f64"}
_I32 = ir.IntType(32)


class Lanes(types.Type):
    """The numba type of ``count`` packed values."""

    def __init__(self, count: int, element: types.Type) -> None:
        self.count, self.element = count, element
        super().__init__(name=f"Lanes({count},{element})")

    @property
    def llvm(self) -> ir.VectorType:
        """The packed LLVM type."""
        return ir.VectorType(_LLVM[self.element], self.count)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, lanes.llvm)


def _splat(count: int) -> Any:
    @intrinsic
    def splat(_context: Any, value: Any) -> Any:
        lanes = Lanes(count, types.unliteral(value))

        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            empty = ir.Constant(lanes.llvm, ir.Undefined)
            first = builder.insert_element(empty, args[0], _I32(0))
            return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(_I32, count), [0] * count))

        return lanes(value), generate

    return splat


splat16, splat8 = _splat(16), _splat(8)


def _operator(function: Any, instruction: str, integer: str | None) -> None:
    @infer_global(function)
    class _Typing(AbstractTemplate):
        def generic(self, args: Sequence[Any], _kws: Any) -> Any:
            if len(args) == 2 and isinstance(args[0], Lanes) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(function, Lanes, Lanes)
    def _lower(_context: Any, builder: Any, sig: Any, args: Any) -> Any:
        name = integer if integer and sig.args[0].element == types.int32 else instruction
        return getattr(builder, name)(*args)


_operator(operator.add, "fadd", "add")
_operator(operator.sub, "fsub", "sub")
_operator(operator.mul, "fmul", None)
_operator(operator.truediv, "fdiv", None)
_operator(operator.and_, "and_", "and_")
_operator(operator.or_, "or_", "or_")
_operator(operator.lshift, "shl", "shl")
_operator(operator.rshift, "ashr", "ashr")


def _llvm_name(kind: Any) -> str:
    return f"v{kind.count}{_SUFFIX[kind.element]}" if isinstance(kind, Lanes) else _SUFFIX[kind]


def _llvm_type(kind: Any) -> Any:
    return kind.llvm if isinstance(kind, Lanes) else _LLVM[kind]


@intrinsic
def fma(_context: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` rounded once, for lanes and for float scalars."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        kind = _llvm_type(a)
        function = ir.FunctionType(kind, [kind] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, function, f"llvm.fma.{_llvm_name(a)}"), args)

    return a(a, a, a), generate


@intrinsic
def magnitude(_context: Any, a: Any) -> Any:
    """Absolute values."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        function = ir.FunctionType(a.llvm, [a.llvm])
        return builder.call(cgutils.get_or_insert_function(builder.module, function, f"llvm.fabs.{_llvm_name(a)}"), args)

    return a(a), generate


@intrinsic
def nearest(_context: Any, a: Any) -> Any:
    """Round to whole numbers, ties to even."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        function = ir.FunctionType(a.llvm, [a.llvm])
        return builder.call(cgutils.get_or_insert_function(builder.module, function, f"llvm.rint.{_llvm_name(a)}"), args)

    return a(a), generate


def _choose(comparison: str) -> Any:
    @intrinsic
    def choose(_context: Any, a: Any, b: Any) -> Any:
        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            return builder.select(builder.fcmp_ordered(comparison, args[0], args[1]), args[0], args[1])

        return a(a, b), generate

    return choose


larger, smaller = _choose(">"), _choose("<")


def _in_one(context: Any) -> bool:
    """Whether the CPU has one instruction for the larger of two magnitudes."""
    return platform.machine().lower() in ("x86_64", "amd64") and "+avx512dq" in context.codegen()._tm_features


@intrinsic
def larger_magnitude(_context: Any, a: Any, b: Any) -> Any:
    """``larger(magnitude(a), magnitude(b))`` of sixteen numbers: one instruction instead of three where there is one."""

    def generate(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        if _in_one(context):
            kind, mask = a.llvm, ir.IntType(16)
            function = ir.FunctionType(kind, [kind, kind, _I32, kind, mask, _I32])
            name = "llvm.x86.avx512.mask.range.ps.512"
            arguments = [*args, _I32(0b1011), ir.Constant(kind, ir.Undefined), mask(-1), _I32(4)]
            return builder.call(cgutils.get_or_insert_function(builder.module, function, name), arguments)
        function = ir.FunctionType(a.llvm, [a.llvm])
        sizes = [
            builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.fabs.v16f32"), [value]) for value in args
        ]
        return builder.select(builder.fcmp_ordered(">", *sizes), *sizes)

    return (a(a, b), generate) if a == Lanes(16, types.float32) else None


@intrinsic
def where_at_most(_context: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """Pick ``yes`` where ``a <= b``, else ``no`` (also where ``a`` is not a number)."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<=", args[0], args[1]), args[2], args[3])

    return yes(a, b, yes, no), generate


@intrinsic
def any_above(_context: Any, a: Any, b: Any) -> Any:
    """Tell whether ``a > b`` in any lane."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        mask = ir.IntType(a.count)
        return builder.icmp_unsigned("!=", builder.bitcast(builder.fcmp_ordered(">", *args), mask), mask(0))

    return types.boolean(a, b), generate


def _convert(source: Any, target: Any, instruction: str) -> Any:
    @intrinsic
    def convert(_context: Any, a: Any) -> Any:
        lanes = Lanes(a.count, target)

        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            return getattr(builder, instruction)(args[0], lanes.llvm)

        return (lanes(a), generate) if a.element == source else None

    return convert


bits = _convert(types.float32, types.int32, "bitcast")
from_bits = _convert(types.int32, types.float32, "bitcast")
to_float = _convert(types.int32, types.float32, "sitofp")
to_int = _convert(types.float32, types.int32, "fptosi")
widened = _convert(types.float32, types.float64, "fpext")
narrowed = _convert(types.float64, types.float32, "fptrunc")


def shuffle(pattern: Callable[[int], Sequence[int]]) -> Any:
    """Make an operation of two lanes values that picks from ``[a..., b...]`` by ``pattern(count of a)``."""

    @intrinsic
    def pick(_context: Any, a: Any, b: Any) -> Any:
        indices = list(pattern(a.count))
        lanes = Lanes(len(indices), a.element)

        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            return builder.shuffle_vector(*args, ir.Constant(ir.VectorType(_I32, len(indices)), indices))

        return lanes(a, b), generate

    return pick


@intrinsic
def first(_context: Any, a: Any) -> Any:
    """Return lane 0 as a scalar."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.extract_element(args[0], _I32(0))

    return a.element(a), generate


def _reduce(combine: Callable[[Any, Any, Any], Any]) -> Any:
    @intrinsic
    def reduce(_context: Any, a: Any) -> Any:
        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            value, count = args[0], a.count
            while count > 1:
                count //= 2
                empty, kind = ir.Constant(value.type, ir.Undefined), ir.VectorType(_I32, count)
                low = builder.shuffle_vector(value, empty, ir.Constant(kind, list(range(count))))
                high = builder.shuffle_vector(value, empty, ir.Constant(kind, list(range(count, 2 * count))))
                value = combine(builder, low, high)
            return builder.extract_element(value, _I32(0))

        return a.element(a), generate

    return reduce


peak_of = _reduce(lambda builder, low, high: builder.select(builder.fcmp_ordered(">", low, high), low, high))
sum_of = _reduce(lambda builder, low, high: builder.fadd(low, high))


def _control_word(change: Callable[[Any, Any], Any]) -> Any:
    """Set the CPU's float mode; x86 only: elsewhere tiny numbers cost little, and the mode is left alone."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        if platform.machine().lower() not in ("x86_64", "amd64"):
            return _I32(0)
        cell = cgutils.alloca_once(builder, _I32)
        pointer = builder.bitcast(cell, ir.IntType(8).as_pointer())
        function = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.x86.sse.stmxcsr"), [pointer])
        before = builder.load(cell)
        builder.store(change(builder, (before, *args)), cell)
        builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.x86.sse.ldmxcsr"), [pointer])
        return before

    return generate


@intrinsic
def flush_denormals(_context: Any) -> Any:
    """Make numbers below 1e-38 zero from here on; returns the mode to restore."""
    return types.int32(), _control_word(lambda builder, words: builder.or_(words[0], _I32(0x8040)))


@intrinsic
def restore_mode(_context: Any, mode: Any) -> Any:
    """Restore what :func:`flush_denormals` returned."""
    return types.int32(types.int32), _control_word(lambda _builder, words: words[1])
