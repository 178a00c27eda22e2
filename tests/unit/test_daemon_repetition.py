"""What libraries repeat is held back and counted; nothing of our own is."""

import logging

from wheelsdown.daemon.repetition import REMEMBERED, SHOWN_EVERY_S, HoldsRepeated


class Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.elapsed_s = 0.0
        self.shown: list[str] = []
        self.addFilter(HoldsRepeated(["aiokafka"], lambda: self.elapsed_s))

    def emit(self, record: logging.LogRecord) -> None:
        self.shown.append(record.getMessage())

    def say(self, name: str, text: str, *args: object) -> None:
        self.handle(logging.LogRecord(name, logging.ERROR, __file__, 1, text, args, None))


def test_a_repeated_line_of_a_library_is_shown_now_and_then_with_a_count() -> None:
    log = Listening()
    for number in range(100):
        log.say("aiokafka.conn", "can't reach node %s", number)
    assert log.shown == ["can't reach node 0"]
    log.elapsed_s = SHOWN_EVERY_S
    log.say("aiokafka.conn", "can't reach node %s", 100)
    assert log.shown[1:] == ["can't reach node 100 (99 more like it were held back)"]


def test_other_lines_levels_and_loggers_pass() -> None:
    log = Listening()
    for _ in range(2):
        log.say("aiokafka.conn", "one")
        log.say("aiokafka.client", "one")
        log.say("aiokafka.conn", "other")
    log.handle(logging.LogRecord("aiokafka.conn", logging.WARNING, __file__, 1, "one", (), None))
    assert log.shown == ["one", "one", "other", "one"]
    for _ in range(3):
        log.say("consumers.deliver", "ours")
        log.say("aiokafkaesque", "another's")
    assert len(log.shown) == 4 + 6


def test_no_more_lines_are_remembered_than_said() -> None:
    log = Listening()
    for number in range(REMEMBERED + 1):
        log.say("aiokafka", f"line {number}")
    log.say("aiokafka", "line 0")
    log.say("aiokafka", f"line {REMEMBERED}")
    assert log.shown[-1] == "line 0"
