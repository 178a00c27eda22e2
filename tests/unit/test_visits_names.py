"""From text to a line of symbols: tokens, sentences, language, names, officials put together."""

from datetime import date

import pytest
from fakes.entries import GAZETTEER, NOON, entry
from hypothesis import given
from hypothesis import strategies as st

from processors.visits.gazetteer import Gazetteer, term_on
from processors.visits.parties import with_parties
from processors.visits.shape import Party, Shape, numbers, shape_of
from processors.visits.text import SUMMARY_CHARS, TITLE_CHARS, is_english, sentences, tokens
from wheelsdown.records.news import Entry
from wheelsdown.reference.officials import load_officials

DAY = NOON.date()


def shape(text: str, *, day: date = DAY) -> Shape:
    (sentence, *_) = sentences(entry(text))
    return with_parties(shape_of(sentence, GAZETTEER.find(sentence.tokens)), day)


def line(text: str) -> str:
    return shape(text).text


def party(text: str, *, day: date = DAY) -> Party:
    found = shape(text, day=day)
    (number,) = numbers(found.text, "O")
    return found.party(number)


def words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


def test_tokens_keep_abbreviations_possessives_and_places_in_the_text() -> None:
    assert words("The U.S. and Xi\N{RIGHT SINGLE QUOTATION MARK}s aide, 25-27 July.") == [
        *("The", "U.S.", "and", "Xi", "'s", "aide", ",", "25", "-", "27", "July", "."),
    ]
    text = "Türkiye's minister"
    found = tokens(text)
    assert [token.key for token in found] == ["turkiye", "'s", "minister"]
    assert [text[token.start : token.end] for token in found] == [token.text for token in found]
    assert [token.glued for token in found] == [False, True, False]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("He came. She left.", ["He came.", "She left."]),
        ("Gen. Mark Milley met J. Austin in the U.S. on Monday.", None),
        ("It rose by 1.5 per cent. more to come", None),
        ("Live • More news | Sport", ["Live •", "More news |", "Sport"]),
        ("", []),
    ],
)
def test_sentences_of_a_summary(summary: str, expected: list[str] | None) -> None:
    title, *rest = sentences(entry("A title. With a stop", summary))
    assert title.number == 0
    assert title.written(0, len(title.tokens)) == "A title. With a stop"
    written = [one.written(0, len(one.tokens)) for one in rest]
    assert written == (expected if expected is not None else [summary])


def test_what_is_long_is_cut() -> None:
    title, *rest = sentences(entry("word " * 1_000, "Word goes on. " * 1_000))
    assert len(title.source) == TITLE_CHARS
    assert rest[-1].tokens[-1].end <= SUMMARY_CHARS


def test_titles_whose_words_are_all_capitalised_mark_no_names() -> None:
    assert sentences(entry("Macron Lands In Rabat For Talks"))[0].titled
    assert not sentences(entry("Macron lands in Rabat for talks"))[0].titled
    assert line("Smoke Over Hills As Storm Nears") == "smoke over hills as storm nears"
    assert line("Smoke over the Hills as a storm nears") == "smoke over the ^hills as a storm nears"


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (entry("The minister arrives in Rome"), True),
        (entry("Le ministre arrive dans la ville", "Il est en visite"), False),
        (entry("Der Minister ist in der Stadt und spricht"), False),
        (entry("Министр прибыл в Рим"), True),  # nothing tells; no rule will match either
        (entry("The minister", language="fr"), False),
        (entry("Le ministre", language="EN-us"), True),
    ],
)
def test_language(text: Entry, english: bool) -> None:
    assert is_english(text) == english


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the NIS met Serbs in Nis", ["Serbs", "Nis"]),
        ("a starting XI without Xi", ["Xi"]),
        ("XI FLIES TO NIS", ["XI", "NIS"]),
        ("KYIV, Ukraine (AP)", ["KYIV", "Ukraine"]),
        ("LAS VEGAS and the UN", ["LAS", "UN"]),
    ],
)
def test_short_names_in_capitals_are_abbreviations_of_other_things(
    text: str, expected: list[str]
) -> None:
    (sentence, *_) = sentences(entry(text))
    found = GAZETTEER.find(sentence.tokens)
    assert [sentence.tokens[name.start].text for name in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("talks in North Korea and South Sudan", "talks in P2 and P4"),
        ("the US, not us", "the P1 , not us"),
        ("U.S. and UK agree", "P0 and P2 agree"),
        ("from Guinea-Bissau to Papua New Guinea", "from P1 to P3"),
        ("a man from Congo", "a man from _"),
        ("the Kremlin and the White House", "the P1 and the P4"),
        ("in New York, the New York Times says", "in P1 , the _ says"),
        ("the South China Sea", "the _"),
        ("the European Commission, NATO and the IAEA", "the G1 , G3 and the G6"),
        ("US-China talks, Russian-backed forces", "_- _ talks , _-backed forces"),
        ("a turkey in a chad", "a turkey in a chad"),
        ("Macron (left) and guests (not all of them)", "O0 and guests ( not all of them )"),
        ("a 'peace' \"now\"", "a peace now"),
    ],
)
def test_names_become_symbols(text: str, expected: str) -> None:
    assert line(text) == expected


@pytest.mark.parametrize(
    ("text", "codes", "name", "office"),
    [
        ("Russian defence minister Sergei Shoigu", "RUS", "Sergei Shoigu", "defence minister"),
        ("Russia's defence minister", "RUS", None, "defence minister"),
        ("president of Zambia", "ZMB", None, "president"),
        ("the president of the European Commission", "EU", None, "president"),
        ("China's Xi", "CHN", "Xi", None),
        ("Xi", "CHN", "Xi", None),
        ("Antony J. Blinken", "USA", "Antony J. Blinken", None),
        ("Yoon Suk-yeol", "KOR", "Yoon Suk-yeol", None),
        ("a delegation from Oman", "OMN", None, "delegation"),
        ("US and Chinese envoys", "USA CHN", None, "envoys"),
        ("Serbian, Croatian and Slovenian ministers", "SRB HRV SVN", None, "ministers"),
        ("foreign ministers of Chad, Niger and Mali", "TCD NER MLI", None, "foreign ministers"),
        ("Thai Deputy Prime Minister Somchai Dee", "THA", "Somchai Dee", "Deputy Prime Minister"),
        ("in May Ana Rojas, the Chilean minister", "CHL", "Ana Rojas", "minister"),
        ("Turkey's top diplomat", "TUR", None, "top diplomat"),
        ("head of the US Central Intelligence Agency", "USA", None, "head"),
        ("Russia's top Ukraine negotiator", "RUS", None, "negotiator"),
        ("Georgian prime minister", "GEO", None, "prime minister"),
        ("leader of the Taliban", "AFG", None, "leader"),
        ("minister of foreign affairs of Peru", "PER", None, "minister of foreign affairs"),
        ("secretary general of the United Nations", "UN", None, "secretary general"),
        ("the chief of the U.N.'s International Atomic Energy Agency", "IAEA", None, "chief"),
        ("envoys of Qatar, the United Arab Emirates and Oman", "QAT ARE OMN", None, "envoys"),
    ],
)
def test_officials_are_put_together(
    text: str, codes: str, name: str | None, office: str | None
) -> None:
    found = party(f"{text} says that there is no need for it")
    assert (" ".join(found.codes), found.name, found.office) == (codes, name, office)


@pytest.mark.parametrize(
    "text",
    [
        "the president says no",
        "Georgia senators say no",  # the state of the United States
        "Moscow's mayor says no",
        "the United Nations General Assembly says no",
        "Danish opposition leader says no",
        "leader of a Danish party says no",
        "Russian football chief says no",
        "they are speaking of talking in a king-size bed",
    ],
)
def test_who_is_no_official_of_a_state(text: str) -> None:
    assert numbers(line(text), "O") == []


@pytest.mark.parametrize(
    "text",
    [
        "former Taiwan president Ma Ying-jeou says no",
        "Taiwan's former president says no",
        "former prime minister Imran Khan says no",
        "Brazilian ex-president says no",
        "ex-PM of Malta says no",
    ],
)
def test_former_officials_are_marked(text: str) -> None:
    assert line(text).startswith(("X0", "_"))


def test_an_office_is_that_of_the_day() -> None:
    assert party("Rutte speaks", day=date(2023, 7, 25)).codes == ("NLD",)
    assert party("Rutte speaks", day=date(2025, 1, 1)).codes == ("NATO",)


def test_an_office_that_the_text_gives_needs_none_on_file() -> None:
    day = date(2018, 8, 31)  # years before his office on file
    assert numbers(shape("Zarif says no", day=day).text, "O") == []
    assert party("Iranian foreign minister Javad Zarif", day=day).codes == ("IRN",)
    assert party("Javad Zarif, the Iranian minister, says no", day=day).name == "Javad Zarif"
    macron, chancellor = numbers((found := shape("Macron, the German chancellor says")).text, "O")
    assert (found.party(macron).name, found.party(chancellor).name) == ("Macron", None)
    assert numbers(shape("former Iranian minister Javad Zarif", day=day).text, "O") == []
    assert party("Pelosi speaks", day=date(2023, 7, 25)).until == date(2023, 1, 3)
    # Not yet in office: nobody's official.
    assert line("Rubio speaks") == "X0 speaks"


def test_the_term_of_a_day() -> None:
    terms = [one for one in load_officials() if one.name == "Donald Trump"]
    first, second = sorted(terms, key=lambda one: one.since or date.min)
    assert term_on(terms, date(2018, 1, 1)) == first
    assert term_on(terms, date(2023, 1, 1)) == first
    assert term_on(terms, date(2025, 6, 1)) == second
    assert term_on(terms, date(2016, 1, 1)) is None
    assert term_on([], DAY) is None


def test_a_name_of_too_many_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no usable name"):
        Gazetteer({}, (), {"one two three four five six seven eight nine": ()})


@given(st.text(max_size=300))
def test_every_symbol_and_word_stands_in_the_text(text: str) -> None:
    for sentence in sentences(entry(text[:100], text)):
        found = with_parties(shape_of(sentence, GAZETTEER.find(sentence.tokens)), DAY)
        at = 0
        for number, element in enumerate(found.elements):
            assert at <= element.start < element.end <= len(sentence.tokens)
            assert found.written(number, number + 1) in sentence.source
            at = element.end
