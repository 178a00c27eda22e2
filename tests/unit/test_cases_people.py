"""Which names, as written, can be one person's."""

import pytest

from processors.cases.people import same_official


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sergei Shoigu", "Sergey Shoigu", True),
        ("Shoigu", "Sergei Shoigu", True),
        ("S. Shoigu", "Sergei Kuzhugetovich Shoigu", True),
        ("Yevgeny Primakov", "Evgeny Primakov", True),
        ("Tony Blinken", "Antony Blinken", True),
        ("Aleksandr Lukashenko", "Oleksandr Lukashenko", True),
        ("Wang Yi", "Zhang Yi", False),
        ("Mohammed bin Salman", "Abdulaziz bin Salman", False),
        ("Kim Jong Un", "Kim Yo Jong", False),
        ("Volodymyr Zelenskyy", "Zelensky", True),
        ("Zelenskiy", "Zelenskyy", True),
        ("Recep Tayyip Erdo\u011fan", "Erdogan", True),
        ("Muhammad bin Salman", "Mohammed bin Salman", True),
        ("Mike Pompeo", "Michael Pompeo", True),
        ("Joe Biden", "Jill Biden", False),
        ("Donald Trump Jr", "Donald Trump", False),
        ("Donald J. Trump", "Donald Trump, Jr.", False),
        ("Donald Trump Jr.", "Donald Trump Jr", True),
        ("Donald Trump Jr", "Dominic Raab Jr", False),
        ("Donald Trump Jr", "Trump", True),
        ("Lloyd J. Austin III", "Lloyd Austin", True),
        ("Wang Yi", "Wang Ji", False),
    ],
)
def test_one_surname_is_one_person_only_with_first_names_that_fit(
    one: str, other: str, same: bool
) -> None:
    assert same_official(one, other) is same
    assert same_official(other, one) is same
