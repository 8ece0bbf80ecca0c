#!/usr/bin/env bash
# Tests and times the CUDA device on a machine with a GPU, and writes results/DATE.json, a page beside it, and logs. It goes on
# after a step that fails and says so at the end. It needs an NVIDIA driver, and for the comparison Python with torch; no Go.
#
# usage: run.sh [--only PARTS] [DATA]
#        run.sh --rehearse
#   DATA         a folder with CHASE_DB1, for a short real training
#   --only       of tests,sanitizer,agreement,throughput,training, with commas between: what is done in several calls adds up
#   --rehearse   goes through everything without a GPU: the simulator, PyTorch on the processor, tiny cases. Its result says that it
#                is a rehearsal and lies in results-rehearsal/
# PYTHON names the interpreter that has torch.
set -uo pipefail
cd "$(dirname "$0")"
only=tests,sanitizer,agreement,throughput,training
rehearsal=false
data=
while [ $# -gt 0 ]; do
  case $1 in
    --rehearse) rehearsal=true ;;
    --only) only=$2; shift ;;
    -*) sed -n '2,13p' "$0"; exit 2 ;;
    *) data=$(realpath "$1") ;;
  esac
  shift
done
python=${PYTHON:-python3}
if $rehearsal; then
  out=results-rehearsal tests=./cuda-tests-simulated device=cpu
  steps_case="--channels 3,5 --batch 2 --size 8" shapes="2 8" runs=1
  echo "REHEARSAL: no GPU is used, and nothing that is measured here means anything"
else
  out=results tests=./cuda-tests device=cuda
  steps_case="" shapes="32 48;256 48;16 256" runs=21
fi
mkdir -p "$out"
date=$(date -u +%Y-%m-%d)
touch "$out/steps.tsv"

note() { # NAME STATE SECONDS REASON: replaces what an earlier call noted
  { grep -v "^$1	" "$out/steps.tsv"; printf '%s\t%s\t%s\t%s\n' "$@"; } >"$out/steps.new"
  mv "$out/steps.new" "$out/steps.tsv"
}

step() { # NAME COMMAND…: runs a command with a log of its own
  local name=$1 state=passed begin
  shift
  begin=$(date +%s)
  printf '==> %s\n' "$name"
  if ! "$@" >"$out/$name.log" 2>&1; then
    state=failed
    tail -20 "$out/$name.log"
  fi
  note "$name" $state $(($(date +%s) - begin)) ""
}

skip() { printf '==> %s: skipped, %s\n' "$1" "$2"; note "$1" skipped 0 "$2"; }

wanted() { [[ ,$only, == *,$1,* ]]; }

has_torch() {
  local need='import torch'
  $rehearsal || need='import torch; assert torch.cuda.is_available()'
  [ -f r2unet.py ] && "$python" -c "$need" 2>/dev/null
}

if ! $rehearsal; then # always, because it names the GPU
  step driver ./cuda-tests -test.v -test.run TestDriverHasEveryFunction
  if ! grep -q 'cuda: ' "$out/driver.log"; then
    echo "there is no GPU that can be used; nothing was measured"
    exit 1
  fi
elif [ -d fake ]; then
  LD_LIBRARY_PATH=$PWD/fake step driver ./cuda-tests -test.v -test.run TestDriverHasEveryFunction
else
  skip driver "there is no libcuda.so.1 for tests"
fi

export GOLDEN_NETWORKS=$PWD
if wanted tests; then step tests $tests -test.v -test.timeout 9m; fi

if wanted sanitizer; then
  if $rehearsal; then
    skip sanitizer "it needs a GPU"
  elif command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck synccheck; do
      step "sanitizer-$tool" compute-sanitizer --tool $tool --error-exitcode 1 ./cuda-tests -test.run 'TestTiny|TestReplayed'
    done
  else
    skip sanitizer "there is no compute-sanitizer"
  fi
fi

if wanted agreement; then
  if has_torch; then
    step peer "$python" torch_peer.py steps "$out/peer.safetensors" --device $device $steps_case
    step agreement $tests -test.v -test.run TestAgreesWithPyTorch -peer "$out/peer.safetensors" -agreement "$out/agreement.jsonl"
  else
    skip agreement "there is no torch that can compute here"
  fi
fi

if wanted throughput; then
  step throughput $tests -test.v -test.timeout 9m -test.run TestThroughput -throughput "$out/ours.jsonl"
  : >"$out/torch.jsonl"
  if has_torch; then
    modes="eager benchmark"
    if "$python" -c 'import torch; torch.compile' 2>/dev/null; then modes+=" compile"; else skip torch-compile "this torch has no torch.compile"; fi
    for precision in fp32 tf32; do
      for mode in $modes; do
        while read -r batch size; do
          step "torch-$precision-$mode-${batch}x$size" "$python" torch_peer.py bench "$out/torch.jsonl" $precision $mode \
            --device $device --runs $runs --batch "$batch" --size "$size" </dev/null
        done <<<"${shapes//;/$'\n'}"
      done
    done
  else
    skip torch "there is no torch that can compute here"
  fi
fi

if wanted training; then
  if $rehearsal; then # on the cpu device twice, on phantoms
    set -- -profile smoke -only 'dataset=CHASE_DB1,arch=R2U-Net,t=2'
  else
    set -- -profile pytorch -data "$data"
  fi
  if $rehearsal || [ -n "$data" ]; then
    for kind in cuda cpu; do
      rm -rf "$out/training-$kind"
      step "training-$kind" ./sweep-cuda -config experiments.toml "$@" -device $($rehearsal && echo cpu || echo $kind) -out "$out/training-$kind"
    done
  else
    skip training "no folder with datasets was given"
  fi
fi

gpu=$(grep -oh 'cuda: .*' "$out/driver.log" 2>/dev/null | head -1)
if $rehearsal; then gpu="rehearsal without a GPU"; fi
printf 'date=%s\ncommit=%s\nrehearsal=%s\ngpu=%s\n' "$date" "$(cat commit)" $rehearsal "$gpu" >"$out/meta"
name=$date
if $rehearsal; then name=rehearsal-$date; fi
if ! ./report collect "$out" >"$out/$name.json" || ! ./report page "$out/$name.json" >"$out/$name.md"; then
  echo "the result could not be written"
  exit 1
fi
echo "written: $out/$name.json and $out/$name.md"
if $rehearsal; then echo "REHEARSAL: no GPU was used"; fi
failed=$(awk -F '\t' '$2 == "failed" { printf "%s ", $1 }' "$out/steps.tsv")
if [ -n "$failed" ]; then
  echo "failed: $failed"
  exit 1
fi
