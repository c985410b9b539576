import sys

from . import greet

print(greet(" ".join(sys.argv[1:])))
