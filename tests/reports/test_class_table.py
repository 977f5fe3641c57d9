import math

import pytest

from uhrnet.reports.class_table import make_table

NAN = math.nan


@pytest.mark.parametrize('higher_is_better', [True, False])
def test_order_and_gaps(higher_is_better):
    sign = 1 if higher_is_better else -1
    scores = [sign * x for x in (60.0, NAN, 90.0, 30.0)]
    table = make_table(
        ['a', 'b', 'c', 'd'],
        {'score': scores, 'n': [1, 2, 3, 4]},
        ['', '', '', 'd is bad'],
        higher_is_better,
    )
    assert [row.name for row in table.rows] == ['d', 'a', 'c', 'b']
    assert [row.gap_to_best for row in table.rows[:3]] == [60, 30, 0]
    assert [row.gap_to_mean for row in table.rows[:3]] == [30, 0, -30]
    assert math.isnan(table.rows[3].gap_to_best)
    assert table.rows[0].figures == {'score': sign * 30.0, 'n': 4.0}
    assert (table.main, table.rows[0].note) == ('score', 'd is bad')


def test_nothing_is_known():
    table = make_table(['a', 'b'], {'score': [NAN, NAN]}, ['', ''])
    assert [row.name for row in table.rows] == ['a', 'b']
