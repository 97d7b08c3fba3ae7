"""`python -m bpgen`: the command line."""

from bpgen.cli import main

if __name__ == "__main__":
    main(prog_name="bpgen")
