"""Names in Latin letters: of people from abroad, and of Korea in Latin letters.

Capitalised words beside each other are a name when one or two of them are usual parts of names (`abroad.LATIN`), or
of Korean names in Latin letters, and none is a word that such words often are; or when a label, what follows, or the
list they stand in says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import abroad
from . import spans as s
from .beside import beside_a_record, labelled
from .spans import Span


def _folded(words: str) -> frozenset[str]:
    return frozenset(words.lower().split())


_KOREAN_FAMILY = _folded(
    "Kim Lee Yi Rhee Park Pak Bak Choi Choe Jung Jeong Chung Cheong Kang Gang Cho Jo Yoon Yun Jang Chang Lim Im Rim Han "
    "Oh Seo Suh Shin Sin Kwon Hwang Ahn An Song Ryu Yoo Yu Hong Jeon Jun Chun Ko Go Koh Moon Mun Yang Son Sohn Bae Pae "
    "Baek Paik Heo Hur Huh Nam Sim Shim Noh Roh Ha Kwak Gwak Sung Seong Cha Joo Ju Woo Gu Koo Min Jin Ji Eom Um Na Won "
    "Chae Bang Byun Gong Ham Yeom Yeo Choo Do So Seok Sun Seol Ma Gil Pyo Namgung Hwangbo Sunwoo Jegal"
)
_SYLLABLE = (
    "(?i:min|ji|jee|seo|suh|hyun|hyeon|soo|su|young|yeong|eun|un|jun|joon|seung|sung|seong|jae|dong|tae|sang|kyung|kyoung|gyeong|ha|ye|"
    "jin|hye|mi|hee|hui|woo|u|won|in|ki|gi|chan|chang|cheol|chul|byung|byeong|jong|kwang|gwang|ho|hoon|hun|hwan|hyuk|hyeok|"
    "gyu|kyu|nam|na|ra|rim|rin|bin|sol|sook|suk|sun|seon|yoon|yun|yu|yoo|yeon|yong|il|ah|a|da|do|bo|ga|geun|keun|gun|kun|"
    "han|sik|shik|seok|suk|wook|uk|jung|jeong|ju|joo|si|se|sae|sul|seul|ran|rae|ram|reum|ri|ro|rok|ryul|sub|seob|tak|taek|pil|min)"
)
_ROMAN = re.compile(rf"{_SYLLABLE}{{1,2}}(?:-{_SYLLABLE})?")
_CAPITAL = r"(?:(?:Mc|Mac|O'|D')?[A-Z][a-z]{1,14}(?:-[A-Za-z][a-z]{1,10})?|[A-Z]{2,14}(?:-[A-Z]{2,10})?)"
_CAPITALS = re.compile(
    rf"(?<![A-Za-z0-9@./-]){_CAPITAL},?(?: (?:{_CAPITAL}|[A-Z]\.?)(?![A-Za-z0-9@])){{1,5}}(?![A-Za-z0-9@])"
)
_BEFORE = re.compile(
    r"(?:(?:Dear|Hi|Hello|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Regards,?|Thanks,?|Sincerely,?)[ \n]|(?:"
    r"성명|이름|성함|영문명|환자명?|근로자|외국인|담당자?|고객명?|작업자|수하인|수취인?|예금주|대표|본인|[Nn]ame) ?[(:=,]?[ \n]?)$"
)
ABROAD_BEHIND = re.compile(
    r"[ ,:/]{0,2}[(]? ?(?:여권|외국인|국적|근로자|씨|님|귀하|등록증|등록번호|비자|체류|취업|거소|입국|출국|알선|[EFHGD]-\d|\d{6} ?[-–]? ?[5-8]\d{6}|[A-Z]\d{8}|[MSROD]\d{3}[A-Z]\d{4})"
)
"""What only people from abroad have, right behind their names."""
_NO_NAMES = """
    Smart Factory Data Center System Service Team Lab Group Korea Seoul Daegu Busan Windows Office Excel Google Microsoft Apple Samsung Server Cloud
    January February March April May June July August September October November December Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday Project Manager Management Product Quality Control Process Machine Engine Motor Power Energy Bio Tech Technology
    Solution Solutions Engineering Systems Network Security Database Table Column Key Value Name Number Code Date Time Type List File User
    Admin Login Password Email Mail Phone Mobile Address City State Country Hotel Resort Tour Travel Air Airlines Bank Card Pay Plus Pro Max
    Mini Ultra Galaxy Note Phone Pad Book Air Watch Mac Android Linux Java Python Web App Site Page Home Shop Mall Store Market Center Central
    Tower Plaza City Hall Street Road House Room Floor Building Gate Line Zone Area Point Part Parts Item Unit Set Box Bag Pack Case
    Gold Silver Black White Red Blue Green Yellow Pink Gray Grey Premium Classic Basic Standard Special Limited Edition Series Type Class
    Check Update Upgrade Backup Log Alarm Alert Warning Fail Failure Pass Start Stop Reset Open Close Input Output In Out On Off Up Down
    Work Job Task Plan Schedule Meeting Agenda Minutes Memo Notice Contract Agreement Payment Price Cost Sales Marketing Design Research
    Development Department Division Office Branch Group Holdings Global International Korea Korean Japan China Vietnam America English Language
    School University College Academy Institute Hospital Clinic Medical Health Care Pharma Lab Labs Labor Union Club Church Mission
    Error Total Test Report Version Model Serial Order Invoice Company Corp Inc Ltd Co The And For With From New Re Fwd Cpk Lot No
    Dear Hi Hello Mr Mrs Ms Dr Regards Thanks Sincerely
"""
_SALUTES = frozenset(
    [
        "Dear",
        "Hi",
        "Hello",
        "Mr",
        "Mrs",
        "Ms",
        "Dr",
        "Visitor",
        "Guest",
        "Name",
        "Attn",
        "Passenger",
        "Patient",
        "Employee",
        "Worker",
        "Shipper",
        "Consignee",
        "Contact",
        "Customer",
        "Sender",
        "Receiver",
        "Applicant",
        "Holder",
        "Owner",
        "Driver",
        "Student",
        "Resident",
    ]
)
"""Before a name: how somebody is greeted, and the fields of a form."""
_SURNAMES_TOO = frozenset(
    [
        "Green",
        "White",
        "Black",
        "Brown",
        "Gray",
        "Grey",
        "Gold",
        "Price",
        "Page",
        "Case",
        "Book",
        "Hall",
        "Street",
        "Park",
    ]
)
NOT_A_NAME = frozenset(_NO_NAMES.split())

_LATIN = re.compile(r"[A-Z][A-Za-z-]+,? [A-Z]")


def latin_names(text: str) -> Iterator[Span]:
    """Every one in `text`, as `context.plain` made it."""
    if not _LATIN.search(text):
        return
    for match in _CAPITALS.finditer(text):
        words = [
            (word.start() + match.start(), word.end() + match.start(), word[0])
            for word in _WORDS.finditer(match[0])
        ]
        known = _known(words)
        if known is not None:
            yield Span(*known, s.NAME, 0.85, (s.NAMED,))
            continue
        if words[0][2].capitalize() in _SALUTES and len(words) > 2 and not _any_word(words[1:]):
            yield Span(words[1][0], match.end(), s.NAME, 0.84, (s.LABEL,))
        elif 2 <= len(words) <= 4 and not _any_word(words):
            before = text[max(0, match.start() - 24) : match.start()]
            listed = (
                all(word[1:].islower() for _, _, word in words)
                and "," not in match[0]
                and _ITEM_OPENS.search(before)
                and _ITEM_CLOSES.match(text, match.end())
            )
            if _BEFORE.search(before[-12:]) or labelled(before) or (listed and len(words) < 4):
                yield Span(match.start(), match.end(), s.NAME, 0.84, (s.LABEL,))
            elif (
                ABROAD_BEHIND.match(text, match.end())
                or beside_a_record(text, match.start(), match.end()) >= 0.9
            ):
                yield Span(match.start(), match.end(), s.NAME, 0.8, (s.AFTER,))


_ITEM_OPENS = re.compile(r"(?:^|\n|[,;/·|] ?|\d\. ?|- )$")
_ITEM_CLOSES = re.compile(r" ?(?:$|\n|[,;/·|<]| \d\.)")


def _any_word(words: list[tuple[int, int, str]]) -> bool:
    """Whether one is an English word, and no surname behind a usual given name (Rachel Green)."""
    said = [word for _, _, word in words]
    return any(
        _is_a_word(word)
        and not (place and word.capitalize() in _SURNAMES_TOO and said[place - 1].lower() in abroad.LATIN)
        for place, word in enumerate(said)
    )


def _is_a_word(word: str) -> bool:
    return word.capitalize() in NOT_A_NAME or word in NOT_A_NAME


_WORDS = re.compile(r"[A-Za-z'-]+")


def _known(words: list[tuple[int, int, str]]) -> tuple[int, int] | None:
    """Of capitalised words beside each other the first two to four that are a usual name: family and given, or reversed."""
    for first in range(len(words) - 1):
        if words[first][2].capitalize() in _SALUTES:
            continue
        for last in range(min(len(words), first + 4), first + 1, -1):
            said = [word.lower() for _, _, word in words[first:last]]
            if _is_a_name(said) and not _any_word(words[first:last]):
                return words[first][0], words[last - 1][1]
    return None


_ENDS = tuple(abroad.ENDS_LATIN)


def _is_a_name(words: list[str]) -> bool:
    family, rest = words[0], words[1:]
    if len(words) <= 3 and family in _KOREAN_FAMILY and all(_ROMAN.fullmatch(word) for word in rest):
        return True
    if len(words) <= 3 and words[-1] in _KOREAN_FAMILY and all(_ROMAN.fullmatch(word) for word in words[:-1]):
        return True
    known = [word for word in words if word in abroad.LATIN or (len(word) > 5 and word.endswith(_ENDS))]
    telling = any(word not in abroad.ENGLISH_TOO and len(word) > 2 for word in known)
    ends = family in known or words[-1] in known
    return telling and ends and (len(known) >= 2 or len(words) <= 3)
