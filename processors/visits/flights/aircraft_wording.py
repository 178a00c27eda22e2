"""How texts name an aircraft: one pattern for a line of words in which names are symbols.

A symbol is a letter and a number: ``T`` stands for a type, ``L`` for an operator of the lists,
``S`` for a demonym or organisation, ``E`` for a state, ``O`` for an official.
"""

import re

_FORCE = (
    r"(?:air ?force|air corps|air wing|(?:air )?self - defen[cs]e force|navy|army|coast guard|"
    r"armed forces|military|government|(?:defen[cs]e|emergency|emergencies|interior|foreign) "
    r"ministry|ministry of (?:defen[cs]e|emergency situations)|special flight "
    r"(?:detachment|squadron|unit)|presidency|presidential administration|state airline)"
)
_LEADER = (
    r"(?:president|prime minister|pm|premier|leader|foreign minister|defen[cs]e minister|king|"
    r"emperor|chancellor|crown prince|supreme leader|vice president|emir|ruler|dictator|strongman|"
    r"delegation|(?:junta|army|military) (?:chief|leader))"
)
_OPERATOR = (
    rf"(?:L\d+|[SE]\d+ {_LEADER}(?: \w+)?(?: O\d+)? 's|O\d+ 's|"
    rf"(?:royal )?(?<!air )[SE]\d+(?: 's)?(?: royal| special)?(?: {_FORCE})?)(?: 's)?"
)
#: An operator that is no commercial airline, whatever flies for it.
_ARM = rf"(?:L\d+|(?:royal )?[SE]\d+(?: 's)?(?: royal)? {_FORCE})"
#: Flights that governments send.
_SENT = (
    r"(?:military|government|evacuation|aid|relief|humanitarian|cargo|special|presidential|official|"
    r"rescue|repatriation|charter|chartered)"
)
_MODIFIER = (
    r"(?:military|cargo|transport|transporter|government|governmental|presidential|state|special|"
    r"chartered|charter|private|official|passenger|executive|business|corporate|vip|royal|air|force|"
    r"navy|army|heavy|large|giant|small|ageing|aging|old|white|grey|gray|unmarked|soviet|russian|"
    r"american|era|made|built|-|jumbo|long|range|wide|body|twin|engine|four|turboprop|strategic|"
    r"tactical|lift|airlift|medical|hospital|ambulance|evacuation|rescue|aid|relief|humanitarian|"
    r"refuelling|refueling|tanker|surveillance|reconnaissance|spy|patrol|surveillance|narrow|owned|"
    r"registered|operated|flagged|linked|sanctioned|first|second|third|two|three|several|another|"
    r"civilian|civil|commercial|mysterious|mystery|rare|supply|modified|luxury|ministry|defen[cs]e|"
    r"mammoth|huge|same|foreign)"
)
_ONE = (
    r"(?:(?:air)?plane|aeroplane|aircraft|jet|jumbo|airliner|jetliner|airlifter|freighter|"
    r"transporter|voyager|antonov|ilyushin|tupolev|hercules|airbus|boeing)"
)
_MANY = r"(?:(?:air)?planes|aeroplanes|airliners|jetliners|airlifters|freighters|transporters)"
#: "Aircraft carrier", "plane spotters", "jet fuel".
_NO_AIRCRAFT = (
    r"(?! (?:carrier|spotter|crash|ticket|fuel|engine|maker|part|manufactur|industr|deal|stream|"
    r"lag|passenger|crew|pilot|owner|order))"
)
#: "Israeli jets" are fighters; jets of other kinds say so.
_JETS = r"(?:government|private|business|executive|official|presidential|passenger|cargo) jets"
_NOUN = rf"(?:{_ONE}|{_MANY}|{_JETS}){_NO_AIRCRAFT}"
_HEAD = (
    rf"(?:T\d+(?: (?:{_MODIFIER} ){{0,3}}{_NOUN}| flight)?|"
    rf"{_NOUN}(?: ,?(?: an? | )(?:{_MODIFIER} ){{0,3}}T\d+)?)"
)
_BY = (
    r"(?:(?:operated|owned|flown|used|run|chartered|registered|managed) (?:by|for|to)|belonging to|"
    r"belongs to|linked to|on behalf of|associated with|affiliated with)(?: the)?"
    r"(?: (?:state|-|owned|run|private|airline|operator|carrier))*"
)
#: An aircraft, or words that tell whose the one before is; its operator is the group "op", "of",
#: "flight", "sent", "by" or "alone".
AIRCRAFT = re.compile(
    rf"(?<!\S)(?:(?P<op>{_OPERATOR}) )?(?:{_MODIFIER} ){{0,5}}{_HEAD}(?: of(?: the)? "
    rf"(?P<of>{_OPERATOR}))?(?!\S)"
    rf"|(?<!\S)(?P<flight>{_ARM}) (?:{_MODIFIER} ){{0,3}}flights?(?!\S)"
    rf"|(?<!\S)(?P<sent>{_OPERATOR}) (?:{_SENT} )+flight(?!\S)"
    rf"|(?<!\S){_BY} (?P<by>{_OPERATOR})(?!\S)"
    rf"|(?<!\S)(?P<alone>L\d+)(?!\S)"
)
