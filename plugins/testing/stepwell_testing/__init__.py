"""The step `testing`: runs the workspace's tests with pytest, inside the sandbox.

Importing this package is what the build does: componentize-py runs it once and keeps the interpreter as it is then.
So everything that is imported and prepared here costs nothing later, and whatever isn't can't be imported any more.
"""

import gc

from wit_world import exports

from . import describing, needs, options, permissions, standard, step, surroundings

standard.preload()
surroundings.prepare()
needs.prepare()
permissions.prepare()
options.prepare()
# What is there now stays: the collector, which would touch and so copy all of it, never looks at it again.
gc.collect()
gc.freeze()


class Guest(exports.Guest):
    """What the host calls."""

    def describe(self):
        return describing.description()

    def construct_prompt(self, inputs):
        return None

    def process_response(self, inputs, response):
        return []

    def execute(self, inputs):
        return step.execute({text.name: text.value for text in inputs})
