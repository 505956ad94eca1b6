"""The console on another family of CPUs: its machine code for 64-bit Arm is made here, though it cannot run here."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import re, sys, types
import dsp.simd.lanes
dsp.simd.lanes.platform = types.SimpleNamespace(machine=lambda: "aarch64")  # no x86 control word in what is generated
import llvmlite.binding as llvm
from dsp.render import render
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
code = next(iter(render.inspect_llvm().values()))
code = re.sub(r'target triple = "[^"]*"', 'target triple = "aarch64-unknown-linux-gnu"', code)
code = re.sub(r'target datalayout = "[^"]*"\\n|"target-(cpu|features)"="[^"]*"', "", code)
machine = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(cpu="neoverse-n1", opt=2)
sys.stdout.write(machine.emit_assembly(llvm.parse_assembly(code)))
"""


def test_the_console_compiles_for_arm(tmp_path: Path) -> None:
    """Lanes become NEON registers: fused multiply-adds of four floats and of two doubles, and no call of a library's fma."""
    environment = {**os.environ, "STEMWIRE_KERNEL_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT), "NUMBA_CPU_NAME": "x86-64-v3"}
    child = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True, text=True, timeout=600
    )
    assembly = child.stdout
    assert len(re.findall(r"\tfmla\tv\d+\.4s", assembly)) > 1000
    assert len(re.findall(r"\tfmla\tv\d+\.2d", assembly)) > 100
    assert not re.findall(r"\tbl\t(fmaf?|expf?|logf?|powf?|sinf?|cosf?)\b", assembly)
