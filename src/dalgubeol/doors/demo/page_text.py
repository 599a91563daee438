"""What the demo's report says, in Korean and English. Sentences only; `page` fills in what was measured."""

from __future__ import annotations

from ...methods.report.markup import Words

TITLE = Words("달구벌 시연 보고서", "Dalgubeol: report of the demo")
LEAD = Words(
    "산재보상 청구 자료와 공장 운전 기록이 달구벌에 들어와 안전하게 쓰이고, 그 이력이 증명되기까지를 한 번에 보여 드립니다. 아래 숫자는 모두 이번 시연에서 실제로 측정한 값입니다.",
    "How workers' compensation claims and the logs of two plants come into Dalgubeol, are used safely, and how that history is proven. Every number below was measured in this run of the demo.",
)
WHEN = Words("기준 시각 {when} · 소요 시간 {seconds}초", "True for {when} · played in {seconds} seconds")
NOT_MEASURED = Words(
    "측정하지 않았습니다. 이 부분의 사실이 이번 시연 기록에 없습니다.",
    "Not measured: the facts of this run say nothing about this part.",
)
UNKNOWN = Words("측정하지 않음", "not measured")
FOOTER = Words(
    "이 파일은 인터넷 연결 없이 열리고 인쇄됩니다. 개인의 행은 한 줄도 들어 있지 않지만 위험 지표와 공장 경보가 있으므로 내부 자료로 다루어 주십시오.",
    "This file opens and prints without a network. It holds no row of any person; it does hold risk figures and plant alarms, so treat it as internal.",
)

GENERATED = Words("생성한 값", "GENERATED")
INJECTED = Words("주입한 결함", "INJECTED")
REAL = Words("실제", "real")
PLAYED = Words("배역 (시연)", "played")

GLANCE = Words("한눈에 보기", "At a glance")
GLANCE_CLAIMS = Words("들어온 실제 청구 자료", "Real claims that came in")
GLANCE_UNIQUE = Words(
    "여섯 항목만으로 유일하게 구별되는 사람 (전 → 후)",
    "People whom six columns single out (before → after)",
)
GLANCE_SIGNED = Words("이용승인에 필요했던 서명", "Signatures the Permit needed")
GLANCE_OUT = Words("바깥에서 받은 데이터", "Data received outside the sandbox")
GLANCE_FAULTS = Words("찾아낸 주입 결함 (원인 태그까지)", "Injected faults found, with the right tag")
GLANCE_RECORDS = Words("온전함이 검증된 기록", "Records verified as whole")
ROWS = Words("{n}행", "{n} rows")
COUNT = Words("{n}개", "{n}")
OF = Words("{all}건 중 {n}건", "{n} of {all}")
BYTES = Words("{n}바이트", "{n} bytes")

TRUTH = Words("무엇이 실제이고 무엇이 만든 것인가", "What is real and what is made up")
TRUTH_LOUD = Words(
    "꼭 먼저 읽어 주십시오. 이름, 주민등록번호, 전화번호, 개인 번호는 프로그램이 생성한 가짜 값이며 실제 사람의 것이 아닙니다. 어느 청구가 같은 사람의 것인지도 생성한 것입니다. 나일론 공장의 결함은 시연이 일부러 주입한 것입니다.",
    "Please read this first. Names, resident registration numbers, phone numbers and person numbers are made up by a program and belong to nobody. Which claims belong to the same person is made up as well. The nylon plant's faults were put in on purpose by the demo.",
)
TRUTH_TABLE = Words("자료별 출처", "Where each thing comes from")
TRUTH_COLUMNS = (Words("무엇", "What"), Words("구분", "Real?"), Words("설명", "Explanation"))
TRUTH_CLAIMS = Words(
    "공개된 미국 산재보상 청구 {rows}행. 출처: {about}",
    "{rows} published claims from the United States. Source: {about}",
)
TRUTH_GENERATED = Words(
    "청구 자료에 덧붙인 열: {columns}. 가명처리를 보여 드리기 위한 것입니다.",
    "Columns attached to the claims: {columns}. They are there so that something has to be pseudonymised.",
)
TRUTH_PERSONS = Words(
    "{persons}명에게 {rows}건을 무작위로 나누었고, {twice}건은 이미 한 건이 있는 사람에게 배정하였습니다. 사람 수로 센 위험은 이 배정에 따라 달라집니다.",
    "{rows} claims were dealt to {persons} persons at random; {twice} of them went to a person who already had one. Risk counted in persons depends on this dealing.",
)
TRUTH_PLANT = Words("공장 운전 기록 {rows}행. 출처: {about}", "A plant log of {rows} rows. Source: {about}")
TRUTH_FAULTS = Words(
    "나일론 기록의 사본에 넣은 결함 {faults}건. 경보가 없던 배치를 골라 넣었습니다.",
    "{faults} faults in a copy of the nylon log, put into batches that had raised no alarm.",
)
TRUTH_PEOPLE = Words(
    "운영기관, 데이터 제공기관, 이용자(분석가), 심사위원 세 명, 엔지니어와 그 소속 기관은 시연의 배역입니다. 서명과 검증은 실제로 수행하였습니다.",
    "Operator, provider, analyst, three reviewers, engineer and their organisations are played. Their signatures and all checks are really made.",
)
T_CLAIMS = Words("산재보상 청구 (claims)", "Compensation claims (claims)")
T_COLUMNS = Words("덧붙인 네 열", "The attached columns")
T_PERSONS = Words("누가 어느 청구의 당사자인가", "Whose claim is whose")
T_NYLON = Words("나일론 중합기 (nylon)", "Nylon autoclave (nylon)")
T_DRYER = Words("산업용 건조기 (dryer)", "Industrial dryer (dryer)")
T_FAULTS = Words("나일론 결함", "Nylon faults")
T_PEOPLE = Words("등장인물과 기관", "People and organisations")

STEPS = Words("일곱 단계로 보는 이야기", "The story in seven steps")
STEP_LIST = (
    Words(
        "사이트를 열고 여덟 사람이 가입합니다. 저마다 비밀번호와 서명키를 가집니다.",
        "A site is founded and eight people join, each with a password and a signing key of their own.",
    ),
    Words(
        "등록: 데이터 제공기관이 청구 자료를, 엔지니어가 공장 기록을 데이터셋으로 올립니다. 개인정보는 저마다 다른 키로 암호화합니다.",
        "Register: the provider brings in the claims, the engineer the plant logs. Personal information is encrypted with a key of its own.",
    ),
    Words(
        "가명처리: 식별자를 없애고 식별가능정보(준식별자)를 넓은 범주로 바꿉니다.",
        "Pseudonymise: direct identifiers go, quasi-identifiers are made coarser.",
    ),
    Words(
        "이용승인: 이용자(분석가)의 신청을 서로 다른 두 기관이 서명하여 승인합니다.",
        "Permit: the analyst asks, and two different organisations sign.",
    ),
    Words(
        "분석: 격리된 공간에서만 실행하고, 두 심사위원이 확인한 결과만 반출합니다.",
        "Analyse: only in the sandbox, and only results that two reviewers have checked come out.",
    ),
    Words(
        "감시: 정상 배치로 현장 적응학습을 한 뒤 이상 배치와 원인 태그를 알립니다.",
        "Monitor: adapted on normal batches, it names odd batches and the tags responsible.",
    ),
    Words(
        "증명: 사이트 없이도 누구나 이력이 온전한지 검증합니다.",
        "Prove: anybody can verify, without the site, that the history is whole.",
    ),
)

RISK = Words("가명처리: 위험은 얼마나 줄었는가", "Pseudonymise: how far did the risk fall")
RISK_TITLE = Words(
    "여섯 항목으로 사람을 알아볼 평균 위험: {m1} % → {m2} %",
    "Mean risk of recognising a person by six columns: {m1} % → {m2} %",
)
RISK_DESC = Words(
    "유일한 사람의 비율은 {u1} %에서 {u2} %로, 평균 위험은 {m1} %에서 {m2} %로, 최고 위험은 {h1} %에서 {h2} %로 바뀌었습니다.",
    "Unique persons went from {u1} % to {u2} %, the mean risk from {m1} % to {m2} %, the highest from {h1} % to {h2} %.",
)
RISK_UNIQUE = Words("유일하게 구별되는 사람", "Unique persons")
RISK_MEAN = Words("사람당 평균 위험", "Mean risk of a person")
RISK_MAX = Words("가장 높은 위험", "Highest risk")
RISK_TABLE = Words(
    "재식별 위험 (이 표에 있음을 아는 사람이 찾을 때)",
    "Risk of re-identification (by somebody who knows that the person is in the table)",
)
RISK_COLUMNS = (Words("지표", "Measure"), Words("전", "Before"), Words("후", "After"))
BEFORE, AFTER = Words("전", "before"), Words("후", "after")
PERSONS = Words("사람 수 (명)", "Persons")
RECORDS = Words("행 수", "Rows")
CLASSES = Words("동질집합 수", "Equivalence classes")
SMALLEST = Words("가장 작은 동질집합 (명)", "Smallest equivalence class (persons)")

DONE = Words("무엇을 지우고, 가리고, 넓혔는가", "What was deleted, suppressed and generalised")
DELETED = Words(
    "삭제: 주민등록번호 열 {columns} (개인정보 보호법 제24조의2)",
    "Deleted: resident registration numbers, {columns} (PIPA art. 24-2)",
)
REMOVED = Words("제거한 식별자 열: {columns}", "Direct identifiers removed: {columns}")
PSEUDONYM = Words(
    "{person} 열은 키로 만든 가명으로 바꾸었습니다.", "{person} became a pseudonym made with a key."
)
DROPPED = Words(
    "남기도록 지정하지 않아 뺀 열 {count}개: {columns}",
    "{count} columns left out, because nobody asked to keep them: {columns}",
)
SUPPRESSED = Words(
    "가린 행: {rows}행 중 {suppressed}행({share} %). 가장 작은 동질집합도 {smallest}명이 되도록 하였습니다(k = {k}, 사람 수 기준).",
    "Suppressed: {suppressed} of {rows} rows ({share} %), so that the smallest equivalence class has {smallest} persons (k = {k}, counted in persons).",
)
LEVELS_TABLE = Words("식별가능정보(준식별자)를 넓힌 정도", "How coarse each quasi-identifier became")
LEVELS_COLUMNS = (
    Words("열", "Column"),
    Words("뜻", "Meaning"),
    Words("결과", "Now"),
    Words("단계", "Level"),
)
LEVEL = Words("{height}단계 중 {level}", "{level} of {height}")
AS_IS = Words("그대로", "as it was")
ALL_HIDDEN = Words("모두 가림 (*)", "hidden altogether (*)")
BANDS = Words("{width} 단위 구간", "bands of {width}")
BANDS_ENDS = Words("{width} 단위 구간, {ends}은 하나로 묶음", "bands of {width}; {ends} each taken together")
END_BOTTOM = Words("{n} 미만", "below {n}")
END_TOP = Words("{n} 이상", "{n} and more")
GROUPS = Words("{count}개 묶음: {names}", "{count} groups: {names}")
COARSER = Words("더 넓은 범주", "coarser")
MEANING = {
    "male": Words("성별", "sex"),
    "married": Words("혼인 여부", "married or not"),
    "age": Words("나이 (세)", "age (years)"),
    "indust": Words("업종", "industry"),
    "injtype": Words("다친 부위", "part of the body injured"),
    "prewage": Words("사고 전 주급 (미국 달러)", "weekly wage before the injury (US dollars)"),
}
REMAINS = Words(
    "남는 위험도 밝힙니다. 한 사람의 모든 청구를 이어 놓고 보면 {count}명은 같은 조합을 가진 사람이 {k}명보다 적습니다. 청구가 한 건뿐인 사람도 여기에 들 수 있습니다. 그래서 이 표는 가명정보로서 사이트 안에만 두며 반출하지 않습니다.",
    "What remains, said openly: put all claims of one person together, and for {count} persons fewer than {k} people have the same combination, themselves included. That may happen to a person with a single claim, too. This is why the table stays in the site as pseudonymised information and is not released.",
)
NOT_KNOWN = Words(
    "모집단 위험(저널리스트 위험)은 표본 비율을 몰라 측정하지 않았습니다. 그대로 둔 열(휴업 기간, 의료비 등)은 위 위험 계산에 들어 있지 않습니다.",
    "The journalist risk was not measured, because the sampling fraction is not known. Columns kept as they are (weeks off work, medical costs and others) do not enter the risk above.",
)

PERMIT = Words("이용승인: 기본값은 불허", "Permit: nothing is permitted by default")
REFUSED = Words(
    "이용승인 없이 실행하려 하자 이유 {count}가지와 함께 거부하였습니다.",
    "Running without a Permit was refused, with all {count} reasons.",
)
REFUSED_TABLE = Words("거부한 이유", "Reasons to refuse")
REASON_COLUMNS = (Words("이유", "Reason"), Words("코드", "Code"))
OWN = Words(
    "신청한 사람이 스스로 승인하려 한 것도 거부하였습니다.",
    "The analyst also tried to grant this request of their own, and was refused.",
)
OWN_TABLE = Words("자기 승인을 거부한 이유", "Reasons to refuse one's own grant")
REASONS = {
    "permit.none": Words(
        "이 데이터셋을 지정한 이용승인이 없습니다.", "There is no Permit that names this Dataset."
    ),
    "grant.none": Words(
        "이 작업 종류에 필요한 권한이 없습니다. 기본으로 허용되는 것은 없습니다.",
        "The rights this kind needs are missing. Nothing is permitted by default.",
    ),
    "purpose.none": Words(
        "가명정보를 쓰려면 목적을 밝혀야 합니다(개인정보 보호법 제28조의2).",
        "The use of pseudonymised information needs a stated purpose (PIPA art. 28-2).",
    ),
    "decide.own": Words("자신의 신청은 스스로 결정할 수 없습니다.", "Nobody decides on their own request."),
    "decide.organisation": Words(
        "신청한 사람과 같은 기관에 속해 있습니다.",
        "The person who decides is of the same organisation as the person who asks.",
    ),
    "decide.role": Words(
        "운영기관이나 해당 데이터셋의 데이터 제공기관만 결정할 수 있습니다.",
        "Only an operator, or a provider of the Datasets named, decides.",
    ),
}
GRANTED_TABLE = Words("성립한 이용승인", "The Permit as granted")
FIELD_COLUMNS = (Words("항목", "Field"), Words("내용", "Content"))
P_ID, P_STATE = Words("번호", "Number"), Words("상태", "State")
P_HOLDER, P_PURPOSE = Words("이용 기관", "Holder"), Words("목적", "Purpose")
P_REASON, P_KINDS = Words("사유", "Reason"), Words("작업 종류", "Kinds")
P_PERIOD, P_CELL = Words("기간", "Period"), Words("최소 셀", "Minimum cell")
PERIOD = Words("{start}부터 {end} 전까지", "from {start} until before {end}")
COUNT_OF_CLAIMS = Words("{n}건", "{n} claims")
STATES = {
    "granted": Words("승인됨", "granted"),
    "requested": Words("신청됨", "requested"),
    "held": Words("보류됨", "held"),
    "released": Words("반출됨", "released"),
}
PURPOSES = {
    "scientific-research": Words("과학적 연구", "scientific research"),
    "statistics": Words("통계작성", "statistics"),
}
SIGNED = Words(
    "{organisations}개 기관의 {count}명이 서명하였습니다.",
    "{count} people of {organisations} organisations have signed.",
)
SIGNED_TABLE = Words("서명", "Signatures")
SIGNED_COLUMNS = (
    Words("기관", "Organisation"),
    Words("결정", "Decision"),
    Words("시각", "When"),
    Words("의견", "Comment"),
    Words("서명 (앞 16자리)", "Signature (first 16 digits)"),
)
VERDICTS = {"grant": Words("승인", "grant"), "decline": Words("반려", "decline")}

SANDBOX = Words("분석: 막은 것, 보류한 것, 반출한 것", "Analyse: stopped, held, released")
STOPPED = Words("격리 공간이 막은 것", "What the sandbox stopped")
STOPPED_SAID = Words(
    "해서는 안 되는 일을 하는 스크립트 {count}개를 실제로 실행해 보았습니다.",
    "{count} scripts that do what they must not were really run.",
)
STOPPED_TABLE = Words("실행한 스크립트와 결과", "Scripts that were run, and how they ended")
STOPPED_COLUMNS = (
    Words("시도", "Attempt"),
    Words("종료 코드", "Exit code"),
    Words("시스템이 남긴 말", "What the system said"),
)
ATTEMPTS = {
    "socket.py": Words("데이터를 바깥으로 보내기", "Send the data out"),
    "other.py": Words("승인받지 않은 데이터셋의 파일 읽기", "Read the file of a Dataset not permitted"),
}
LISTENER = Words(
    "바깥에서 기다리던 수신기가 받은 양: {n}바이트", "What the listener outside received: {n} bytes"
)
HELD = Words("보류한 표: 너무 잘게 나눈 결과", "Held: a table that is too fine")
HELD_SAID = Words(
    "업종, 부상, 성별, 혼인 여부로 나눈 표는 최소 셀보다 작은 셀이 {count}개 있어 반출입 심사에서 보류하였습니다.",
    "The table by industry, injury, sex and marriage has {count} cells below the minimum cell and was held in the airlock.",
)
HELD_REFUSED = Words(
    "심사위원이 찬성하려 하였으나 시스템이 거부하였습니다.",
    "A reviewer tried to approve it all the same; the vote was refused.",
)
HELD_TABLE = Words("보류한 이유", "Why it was held")
HELD_COLUMNS = (
    Words("파일", "File"),
    Words("행", "Row"),
    Words("열", "Column"),
    Words("이유", "Why"),
)
SMALL_CELL = Words("{threshold}건 미만", "fewer than {threshold}")
RELEASED = Words("반출한 표", "The table that was released")
RELEASED_SAID = Words(
    "업종과 부상만으로 다시 나눈 표는 심사위원 {count}명이 찬성하여 반출하였습니다.",
    "Made again by industry and injury only, it was approved by {count} reviewers and released.",
)
RELEASED_MISSING = Words(
    "이 표의 청구는 모두 {total}건입니다. 가명정보 {rows}행 가운데 {missing}건은 업종을 알 수 없어 빠졌습니다.",
    "The table counts {total} claims. Of the {rows} pseudonymised rows, {missing} have no known industry and are not in it.",
)
RELEASED_ALL = Words("이 표의 청구는 모두 {total}건입니다.", "The table counts {total} claims.")
RELEASED_CAPTION_WEEKS = Words(
    "업종과 다친 부위별 평균 휴업 기간", "Mean time off work by industry and injury"
)
RELEASED_TITLE = Words(
    "가장 긴 평균 휴업: {most}, {weeks}주 (청구 {n}건)",
    "Longest mean time off work: {most}, {weeks} weeks ({n} claims)",
)
RELEASED_DESC = Words(
    "업종별로 다친 부위마다 평균 휴업 기간(주)을 막대로 나타냅니다. 가장 긴 것은 {most}의 {weeks}주입니다.",
    "Bars of the mean weeks off work by part of the body, for each industry. The longest is {most}, {weeks} weeks.",
)
RELEASED_CAPTION = Words(
    "업종과 다친 부위별 청구 건수와 평균 휴업 기간",
    "Claims and mean weeks off work by industry and injury",
)
RELEASED_COLUMNS = {
    "indust": Words("업종", "Industry"),
    "injtype": Words("다친 부위", "Injury"),
    "claims": Words("청구 (건)", "Claims"),
    "mean_weeks": Words("평균 휴업 (주)", "Mean time off work (weeks)"),
}
VALUES = {
    "construction": Words("건설업", "construction"),
    "manufacturing": Words("제조업", "manufacturing"),
    "manufacturing or construction": Words("제조업 또는 건설업", "manufacturing or construction"),
    "other": Words("기타", "other"),
    "body": Words("머리·목·몸통", "head, neck or trunk"),
    "extremities": Words("팔다리", "arms or legs"),
    "head or neck": Words("머리·목", "head or neck"),
    "trunk or back": Words("몸통·등", "trunk or back"),
    "upper extremities": Words("팔", "arms"),
    "lower extremities": Words("다리", "legs"),
}
WEEKS = Words("{n}주", "{n} weeks")

SAID = (
    (
        r"The script ended with (?P<what>\w+) at line (?P<line>\d+)\.",
        Words(
            "스크립트가 {line}번째 줄에서 {what} 오류로 끝났습니다.",
            "The script ended with {what} at line {line}.",
        ),
    ),
    (
        r"Line (?P<line>\d+), record (?P<record>\d+), field (?P<field>\w+): leaf and proof do not lead to the signed root\.",
        Words(
            "{line}번째 줄, 기록 {record}번, {field} 항목: 잎과 증명이 서명된 뿌리 해시로 이어지지 않습니다.",
            "Line {line}, record {record}, field {field}: leaf and proof do not lead to the signed root.",
        ),
    ),
    (
        r"Do not rely on this bundle\. Ask for a fresh one, and keep this one as evidence\.",
        Words(
            "이 묶음을 믿지 마십시오. 새 묶음을 요청하고 이것은 증거로 보관하십시오.",
            "Do not rely on this bundle. Ask for a fresh one, and keep this one as evidence.",
        ),
    ),
)
