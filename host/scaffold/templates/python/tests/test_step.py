"""The step on a fake host: without Wasm, and without a model."""

import unittest

from step import ReleaseNotes
from stepwell_sdk import Failure
from stepwell_sdk.testing import FakeHost

INPUTS = {"changes": "faster a, no b"}


class OfTheStep(unittest.TestCase):
    def test_prose_around_the_list_is_left_out(self):
        host = FakeHost(answers=["Here they are:\n- A is faster\n- B is gone\nEnjoy!"])
        documents = host.execute(ReleaseNotes(), INPUTS)
        self.assertEqual(documents, {"notes": "- A is faster\n- B is gone"})
        self.assertEqual(host.prompts_sent, ["Write release notes, as a list, for:\nfaster a, no b"])

    def test_an_answer_without_a_list_is_asked_for_again(self):
        host = FakeHost(answers=["Sorry.", "- A is faster"])
        with self.assertRaises(Failure) as failed:
            host.execute(ReleaseNotes(), INPUTS)
        self.assertEqual(failed.exception.kind, "invalid-response")
        documents = host.retry(ReleaseNotes(), INPUTS, failed.exception)
        self.assertEqual(documents, {"notes": "- A is faster"})
        self.assertIn("it holds no list", host.prompts_sent[1])


if __name__ == "__main__":
    unittest.main()
