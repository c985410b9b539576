"""The package on its fake host."""

import unittest

from stepwell_sdk import Description, Failure, Field, Grant, Prompt, Question, Step, ask, ask_all, ask_person, fill, log, read_file, setting, write_file
from stepwell_sdk.attempt import remark_of
from stepwell_sdk.testing import FakeHost

TEXT = Field("text", "The text")


class Shorten(Step):
    """Shortens a text, as far as a setting says."""

    def describe(self):
        prompt = Prompt("shorten", "Shorten {{style}}:\n{{ text }}", [TEXT, Field("style", "How")])
        style = Field("style", "How", required=False, schema={"type": "string"})
        return Description("shorten", "1", "Shortens.", inputs=[TEXT], documents=[TEXT], prompts=[prompt], settings=[style])

    def process_response(self, inputs, response):
        if len(response) > len(inputs["text"]):
            raise Failure.invalid_response("it is longer")
        return {"text": response, "template": inputs["$prompt"]}


class Twice(Shorten):
    """Asks again with what it was answered."""

    def execute(self, inputs):
        first = ask(fill("shorten", {"text": inputs["text"], "style": "a little"}))
        return self.process_response(inputs, ask(fill("shorten", {"text": first, "style": "much"})))


class Sdk(unittest.TestCase):
    def failure_of(self, work):
        with self.assertRaises(Failure) as failed:
            work()
        return failed.exception

    def test_a_prompt_is_filled_from_inputs_and_settings(self):
        host = FakeHost(answers=["ab"], settings={"style": '"well"'})
        documents = host.execute(Shorten(), {"text": " abc "})
        self.assertEqual(documents["text"], "ab")
        self.assertEqual(documents["template"], "Shorten {{style}}:\n{{ text }}")
        self.assertEqual(host.prompts_sent, ["Shorten well:\nabc"])
        self.assertEqual(host.construct_prompt(Shorten(), {"text": "abc"}), "Shorten well:\nabc")

    def test_only_the_question_changes_that_was_answered_badly_and_it_stays_changed(self):
        host = FakeHost(answers=["ab", "abcdef", "ab", "abcdefg", "ab", "a"])
        failure = self.failure_of(lambda: host.execute(Twice(), {"text": "abc"}))
        self.assertEqual(failure.message, "it is longer (answer 2)")
        failure = self.failure_of(lambda: host.retry(Twice(), {"text": "abc"}, failure))
        self.assertEqual(host.retry(Twice(), {"text": "abc"}, failure)["text"], "a")
        first, second = host.prompts_sent[::2], host.prompts_sent[1::2]
        self.assertEqual(first, ["Shorten a little:\nabc"] * 3)
        self.assertEqual(second[0], "Shorten much:\nab")
        self.assertEqual(second[1], second[2])
        self.assertIn("could not be used: it is longer\n", second[1])

    def test_what_a_step_failed_with_is_read_again(self):
        self.assertEqual(remark_of("invalid-response: it lacks a (b) (answer 3)"), (3, "it lacks a (b)"))
        for other in ("limit: cpu", "invalid-response: no number", "invalid-response: odd (answer x)", ""):
            self.assertIsNone(remark_of(other))

    def test_an_input_that_is_missing_is_named(self):
        failure = self.failure_of(lambda: FakeHost().execute(Shorten(), {"text": " "}))
        self.assertEqual((failure.kind, failure.message), ("invalid-input", "nothing was given for `text`"))

    def test_an_answer_that_says_nothing_is_asked_for_again(self):
        failure = self.failure_of(lambda: FakeHost(answers=["\n"]).execute(Shorten(), {"text": "a"}))
        self.assertEqual(failure.kind, "invalid-response")
        self.assertTrue(failure.retryable)

    def test_a_call_of_the_host_where_none_may_be_fails_the_test(self):
        class Asking(Shorten):
            def process_response(self, inputs, response):
                return {"text": ask("again")}

        with self.assertRaisesRegex(AssertionError, "process_response"):
            FakeHost().process_response(Asking(), {"text": "a"}, "b")

    def test_a_template_with_more_than_names_is_not_filled_wrongly(self):
        host = FakeHost(prompts={"shorten": "{% if text %}{{ text }}{% endif %}"})
        with self.assertRaisesRegex(AssertionError, "another text of `shorten`"):
            host.construct_prompt(Shorten(), {"text": "a"})
        host = FakeHost(prompts={"shorten": "{{ other }}"})
        self.assertEqual(self.failure_of(lambda: host.construct_prompt(Shorten(), {"text": "a"})).kind, "missing-variable")

    def test_files_people_and_the_log(self):
        class Busy(Shorten):
            def execute(self, inputs):
                log("begins")
                write_file("out.txt", read_file("in.txt") + ask_person("T", [Question("who", "Who?")])[0].encode())
                return {"text": "+".join(ask_all(["1", "2"])), "all": setting("all", 7)}

        host = FakeHost(answers=["a", "b"], person={"who": "me"}, files={"in.txt": "by "})
        self.assertEqual(host.execute(Busy(), {"text": "t"}), {"text": "a+b", "all": 7})
        self.assertEqual((host.files["out.txt"], host.logged), (b"by me", ["info: begins"]))
        failure = self.failure_of(lambda: FakeHost(files={"in.txt": ""}).execute(Busy(), {"text": "t"}))
        self.assertEqual(failure.kind, "nobody-there")

    def test_grants_have_their_reasons(self):
        grants = [Grant("workspace", "read", "it looks"), Grant("clock", "real", "it waits", optional=True)]
        said = Description("a", "1", "s", grants=grants).all_annotations()
        self.assertEqual(said, {"workspace": '"it looks"', "clock": '"it waits"', "optional-grants": '{"clock": "real"}'})


if __name__ == "__main__":
    unittest.main()
