"""Which wording makes a visit: headlines in our own words, by what they show."""

import pytest
from fakes.entries import GAZETTEER, entry

from processors.visits.patterns import Told, visits_in


def told(title: str, summary: str = "") -> tuple[Told, ...]:
    return visits_in(entry(title, summary), GAZETTEER)


def pairs(title: str, summary: str = "") -> set[str]:
    return {f"{one.visitor}-{one.host}" for one in told(title, summary)}


VISITS = [
    # verbs of travel and stay
    ("Russian defence minister Sergei Shoigu arrives in North Korea", "RUS-PRK"),
    ("Turkish foreign minister lands in Cairo for a day of talks", "TUR-EGY"),
    ("Blinken visits Tonga to open an embassy", "USA-TON"),
    ("Scholz to visit India in the autumn", "DEU-IND"),
    ("Meloni heads to Tunis with two ministers", "ITA-TUN"),
    ("Norwegian prime minister flies to Kyiv", "NOR-UKR"),
    ("Kishida leaves for Poland late on Monday", "JPN-POL"),
    ("Macron has travelled to the southern city of Marrakesh, Morocco", "FRA-MAR"),
    ("Wang Yi is in Jakarta for a meeting of ministers", "CHN-IDN"),
    ("Lavrov returns from Tehran without an agreement", "RUS-IRN"),
    ("Erdogan left Baku after a short stay", "TUR-AZE"),
    ("US climate envoy stops over in Beijing", "USA-CHN"),
    # nouns
    ("Canada's defence minister on a visit to Latvia", "CAN-LVA"),
    ("Lula's trip to Lisbon begins with a dinner", "BRA-PRT"),
    ("Vietnamese president's state visit to Austria", "VNM-AUT"),
    ("A visit by Li Qiang to Berlin is under way", "CHN-DEU"),
    ("Visit to Seoul by Fumio Kishida", "JPN-KOR"),
    ("A Doha visit by Iran's foreign minister", "IRN-QAT"),
    ("Sunak ends Washington trip", "GBR-USA"),
    ("Zelensky on a surprise trip to Jeddah", "UKR-SAU"),
    ("Ramaphosa leads a peace mission to Kyiv", "ZAF-UKR"),
    ("Lavrov is on his way to Havana", "RUS-CUB"),
    ("Berlin visit: Sunak speaks of trade", "GBR-DEU"),
    ("Delegation from Oman arrives in Sanaa", "OMN-YEM"),
    ("Shoigu ends visit to North Korea", "RUS-PRK"),
    ("Steinmeier pays a brief visit to Reykjavik", "DEU-ISL"),
    # meetings at a place
    ("Blinken meets Saudi counterpart in Riyadh", "USA-SAU"),
    ("Lavrov and Fidan hold talks in Ankara", "RUS-TUR"),
    ("Modi addresses the Australian parliament", "IND-AUS"),
    ("Ramaphosa attends a summit in St Petersburg", "ZAF-RUS"),
    ("South Korean prime minister attends the coronation in London", "KOR-GBR"),
    ("Marcos attends King Charles's coronation", "PHL-GBR"),
    ("Mattarella to attend the funeral of King Charles", "ITA-GBR"),
    ("Albanese in Wellington for talks on migration", "AUS-NZL"),
    ("In Pyongyang, Shoigu is shown new missiles", "RUS-PRK"),
    ("Baerbock meets Moroccan king for Rabat talks", "DEU-MAR"),
    ("Fiala gets a White House welcome", "CZE-USA"),
    ("Tokayev speaks of oil in Kremlin talks", "KAZ-RUS"),
    ("Egypt and Turkey hold talks in Cairo", "TUR-EGY"),
    # who receives
    ("Biden receives Kishida at Camp David", "JPN-USA"),
    ("Kim Jong Un welcomes Shoigu with a guard of honour", "RUS-PRK"),
    ("India to host Sri Lankan president", "LKA-IND"),
    ("The Dutch premier is visiting Biden", "NLD-USA"),
    ("Shoigu was received by Kim Jong Un", "RUS-PRK"),
    ("Tokayev and visiting Georgian prime minister sign agreements", "GEO-KAZ"),
    ("Scholz sends Baerbock to Riyadh", "DEU-SAU"),
    ("Kim Jong Un shows missiles to Shoigu during his visit to Pyongyang", "RUS-PRK"),
    ("Japan to send a delegation of lawmakers to Taiwan", "JPN-TWN"),
    # without a place of its own
    ("Cyprus tightens security ahead of a visit by Guterres", "UN-CYP"),
    ("Kenya closes roads as King Charles arrives", "GBR-KEN"),
    # background
    ("Spare parts for Mali, days after Lavrov's visit to Bamako", "RUS-MLI"),
    # what is in a town, or belongs to a state
    ("Macron visits Kyiv museum", "FRA-UKR"),
    ("Scholz visits Kenya geothermal plant", "DEU-KEN"),
    ("Wang Yi visits the North Korean capital", "CHN-PRK"),
    # other things are false or old
    ("Biden visits Kyiv as fake news spreads", "USA-UKR"),
    # organisations, the Pope, authorities that act for a state
    ("EU chief von der Leyen travels to Manila", "EU-PHL"),
    ("Pope heads to Mongolia", "VAT-MNG"),
    ("NATO chief to visit Sarajevo", "NATO-BIH"),
    ("Head of the UN nuclear watchdog lands in Tehran", "IAEA-IRN"),
    ("Taliban delegation arrives in Tashkent", "AFG-UZB"),
    # offices written in other ways
    ("A delegation from the Taliban has held talks in Tashkent", "AFG-UZB"),
    ("The president of the Republic of Zambia flies to Windhoek", "ZMB-NAM"),
    ("The president of Zambia flies to Windhoek", "ZMB-NAM"),
    ("Lithuania's top diplomat visits Taipei", "LTU-TWN"),
    ("Spain's Pedro Sanchez visits Rabat", "ESP-MAR"),
]
SEVERAL = [
    ("Macron and his German counterpart travelled to Kyiv", {"FRA-UKR", "DEU-UKR"}),
    ("Austin to visit Japan, South Korea and Mongolia", {"USA-JPN", "USA-KOR", "USA-MNG"}),
    ("Blinken arrives in Jordan on Monday and Israel on Tuesday", {"USA-JOR", "USA-ISR"}),
    ("Scholz and Macron arrive in Kyiv", {"DEU-UKR", "FRA-UKR"}),
    ("US and Chinese envoys meet in Vienna", {"USA-AUT", "CHN-AUT"}),
    ("Armenian and Azerbaijani leaders hold talks in Brussels", {"ARM-BEL", "AZE-BEL"}),
    ("Ministers of Russia, Turkey and Iran hold talks in Ankara", {"RUS-TUR", "IRN-TUR"}),
    ("Foreign ministers of Iran, Iraq and Syria meet in Moscow", {"IRN-RUS", "IRQ-RUS", "SYR-RUS"}),
    ("Biden receives Kishida and Yoon at Camp David", {"JPN-USA", "KOR-USA"}),
    ("Modi heads to Greece as Kishida arrives in Egypt", {"IND-GRC", "JPN-EGY"}),
    ("Lula in Paris and Rome this week", {"BRA-FRA", "BRA-ITA"}),
]
NO_VISITS = [
    # not there
    "Putin and Erdogan speak by telephone about grain",
    "Xi tells Macron in a video call that he may come to Paris",
    "Zelensky addresses the Danish parliament by video link",
    "Kim Jong Un sends a letter to Moscow",
    # at home
    "Macron visits Marseille",
    "Biden heads to Texas after the storm",
    "Putin arrives in St Petersburg",
    "Stoltenberg speaks at NATO headquarters",
    # no officials
    "Manchester City arrive in Seoul for a friendly",
    "Russian tourists travel to Turkey again",
    "US aircraft carrier arrives in Busan",
    "French troops leave Niger",
    "Chinese ship visits Sri Lanka",
    "Polish farmers travel to Brussels",
    # no office any more, or never
    "Former US president Donald Trump visits Ireland",
    "Former German chancellor Angela Merkel visits Portugal",
    "Belarusian opposition leader visits Tallinn",
    "Ex-president of Brazil flies to Florida",
    "Veteran US diplomat Walter Hill in Beijing",
    # at their post
    "British diplomats in Russia are told to leave",
    "China's ambassador to France in Paris row",
    # what is spoken of
    "Scholz warns of a wider war in Ukraine",
    "Biden promises more aid to Kyiv",
    "Sunak and Macron discuss the fighting in Sudan",
    "Orban criticises the plan to send tanks to Ukraine",
    "Orban ally warns of a meeting in Vienna",
    "Lavrov's aide says that the talks go on",
    # an occupier's own people
    "Putin visits Mariupol",
    # people watch, nobody travels
    "Screen in Seoul shows Kim Jong Un at a missile test in Pyongyang",
    "Rally against Netanyahu in London",
    "Malta waits for Smith's visit to Rome while Abela speaks",
    "Biden's family on holiday in Jamaica",
    # said to be false
    "Fake: Shoigu arrives in Pyongyang",
    "Deepfake video shows Biden visiting Moscow",
    "Fact check: Macron visits Kyiv",
    "Doctored image of Lavrov arriving in Seoul is shared widely",
    # a place names something that lies elsewhere, or may
    "Xi Jinping visits Moscow museum in Beijing",
    "Saudi crown prince visits England football club",
    "Scholz visits a Vietnam restaurant",
    "",
]


@pytest.mark.parametrize(("title", "pair"), VISITS)
def test_wording_that_makes_a_visit(title: str, pair: str) -> None:
    assert pairs(title) == {pair}


@pytest.mark.parametrize(("title", "expected"), SEVERAL)
def test_several_visitors_or_hosts(title: str, expected: set[str]) -> None:
    assert pairs(title) == expected


@pytest.mark.parametrize("title", NO_VISITS)
def test_wording_that_makes_none(title: str) -> None:
    assert pairs(title) == set()
    assert pairs("", title) == set()


def test_a_pronoun_means_the_official_whom_the_title_names_first() -> None:
    assert pairs("Baerbock warns of more fires", "She spoke on a visit to Canberra.") == {"DEU-AUS"}
    assert pairs("Fires spread on Rhodes", "She spoke on a visit to Canberra.") == set()


def test_its_president_is_that_of_the_state_named_last() -> None:
    assert pairs("Ghana hopes for loans during a visit by its president to Paris") == {"GHA-FRA"}


def test_a_dated_caption_shows_who_was_there() -> None:
    caption = (
        "Prime Minister Anthony Albanese of Australia (L) shakes hands with his Dutch counterpart "
        "Mark Rutte before a dinner at a hotel in Nusa Dua, Indonesia, on Nov. 15, 2022. (Agency)"
    )
    (albanese, rutte) = sorted(told("Farmers want cheaper feed", caption))
    assert (albanese.visitor, albanese.host, albanese.party.name) == (
        "AUS",
        "IDN",
        "Anthony Albanese",
    )
    assert (rutte.visitor, rutte.host) == ("NLD", "IDN")
    assert albanese.background
    assert albanese.when.status == "completed"


def test_each_visitor_and_host_count_once_and_what_is_only_recalled_comes_last() -> None:
    (one,) = told(
        "Blinken lands in Tokyo", "Blinken is in Japan for two days. Blinken visits Japan."
    )
    assert one.why == ("Blinken lands in Tokyo", "ongoing: lands")
    title = "After Blinken's visit to Tokyo, prices rise"
    first, second = told(title, "Macron arrives in Seoul.")
    assert (first.host, first.background) == ("KOR", False)
    assert (second.host, second.background) == ("JPN", True)


def test_the_official_is_told_as_written() -> None:
    (one,) = told("Russian defence minister Sergei Shoigu arrives in Pyongyang")
    assert (one.party.name, one.party.office) == ("Sergei Shoigu", "defence minister")
    (one,) = told("Deputy trade minister of Chile Ana Rojas Vera visits Hanoi")
    assert (one.visitor, one.party.name) == ("CHL", "Ana Rojas Vera")
    assert one.party.office == "Deputy trade minister"


def test_who_has_left_office_may_be_recalled_but_goes_nowhere_for_a_state() -> None:
    assert pairs("Pompeo visits Taipei") == set()
    (one,) = told("Exercises go on a year after Pelosi's visit to Taipei")
    assert (one.visitor, one.host, one.when.status) == ("USA", "TWN", "completed")


def test_grounds_stay_short() -> None:
    title = "Scholz, " + "who says much, " * 9 + "in short, again and again, visits Chile"
    for one in told(title):
        assert all(len(words) <= 160 for words in one.why)
