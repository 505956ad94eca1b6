"""How lanes come from and go to memory: arrays, raw addresses of mapped stems, and scratch on a kernel's stack.

Nothing here checks bounds. Only kernels use this module.
"""

# mypy: disable-error-code="no-untyped-call"

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import populate_array

from dsp.simd.lanes import Lanes, intrinsic

_I32 = ir.IntType(32)


def _load(count: int) -> Any:
    @intrinsic
    def load(_context: Any, array: Any, index: Any) -> Any:
        lanes = Lanes(count, array.dtype)

        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            base = context.make_array(sig.args[0])(context, builder, args[0]).data
            pointer = builder.bitcast(builder.gep(base, [args[1]]), lanes.llvm.as_pointer())
            return builder.load(pointer, align=4)

        return lanes(array, types.intp), generate

    return load


load16, load8, load4 = _load(16), _load(8), _load(4)


@intrinsic
def store(_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Write lanes to ``array[index:]``; no alignment is asked for."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        base = context.make_array(sig.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(base, [args[1]]), value.llvm.as_pointer())
        builder.store(args[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), generate


@intrinsic
def load16_at(_context: Any, address: Any) -> Any:
    """Read sixteen floats at a raw address."""
    lanes = Lanes(16, types.float32)

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], lanes.llvm.as_pointer()), align=4)

    return lanes(types.int64), generate


@intrinsic
def prefetch(_context: Any, address: Any) -> Any:
    """Ask for a cache line that will be read soon; any address will do."""

    def generate(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [builder.inttoptr(args[0], ir.IntType(8).as_pointer()), _I32(0), _I32(3), _I32(1)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def float_at(_context: Any, address: Any) -> Any:
    """Read one float at a raw address."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], ir.FloatType().as_pointer()), align=4)

    return types.float32(types.int64), generate


@intrinsic
def address_of(_context: Any, array: Any) -> Any:
    """Return where an array's first value lies."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        base = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(base, ir.IntType(64))

    return types.int64(array), generate


def on_stack(count: int, element: Any) -> Any:
    """Make an operation that returns an array of ``count`` values on the kernel's stack, not zeroed."""
    kind = types.Array(element, 1, "C")

    @intrinsic
    def reserve(_context: Any) -> Any:
        def generate(context: Any, builder: Any, _sig: Any, _args: Any) -> Any:
            value = context.get_value_type(element)
            cell = cgutils.alloca_once(builder, ir.ArrayType(value, count))
            cell.align = 64
            array = context.make_array(kind)(context, builder)
            size, length = (context.get_constant(types.intp, n) for n in (element.bitwidth // 8, count))
            data = builder.bitcast(cell, value.as_pointer())
            populate_array(array, data=data, shape=[length], strides=[size], itemsize=size, meminfo=None)
            return array._getvalue()

        return kind(), generate

    return reserve
