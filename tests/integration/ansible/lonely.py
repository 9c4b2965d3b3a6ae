"""An orchestrator for tests to kill: runs one pickled act, with every event on its standard output."""

import pickle
import sys
from pathlib import Path

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.system import StopRequest


def main() -> None:
    site, act, base = pickle.loads(Path(sys.argv[1]).read_bytes())
    with AnsibleRunner(connections=site.connections(), base=base) as runner:
        runner.run(act, record=lambda event: print(event.model_dump_json(), flush=True), stop=StopRequest())  # noqa: T201


if __name__ == "__main__":
    main()
