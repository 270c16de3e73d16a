"""Results and reports of a lens in their order, its errors raised where its answer is awaited."""

import threading

import pytest

from webapp.reports import Report, results


def plain(model, x):
    return model + x


def steps(model, x):
    yield model
    yield model + x


def long(model, x, progress):
    for done in range(x):
        progress(done, x)
    return model


def test_one_result_and_many():
    assert list(results(plain, 1, {"x": 2}, None)) == [3]
    assert list(results(steps, 1, {"x": 2}, None)) == [1, 3]


def test_reports_come_before_what_they_report():
    assert list(results(long, "answer", {"x": 3}, "progress")) == [
        Report(0, 3),
        Report(1, 3),
        Report(2, 3),
        "answer",
    ]


def test_an_error_in_the_lens_is_raised_where_it_is_awaited():
    def broken(model, progress):
        progress(1, 2)
        raise ZeroDivisionError("a bug")

    told = results(broken, 1, {}, "progress")
    assert next(told) == Report(1, 2)
    with pytest.raises(ZeroDivisionError):
        next(told)


def test_a_lens_stops_at_its_next_report_once_nobody_waits():
    began, ended = threading.Event(), threading.Event()

    def endless(model, progress):
        try:
            while True:
                began.set()
                progress(1, 0)
        finally:
            ended.set()

    told = results(endless, 1, {}, "progress")
    next(told)
    told.close()  # what cancelling does to the handler
    assert began.is_set() and ended.is_set()
