"""What the demo's report says of the plants, the ledger and what to try next, in Korean and English."""

from __future__ import annotations

from ...methods.report.markup import Words

MONITOR = Words("감시: 공장이 알려 준 것", "Monitor: what the plants showed")
FITTED = Words(
    "정상으로 지정한 나일론 배치 {given}개 가운데 {aside}개를 이상하다고 스스로 제외하고({names}), 남은 {reference}개로 현장 적응학습을 하였습니다.",
    "Of {given} nylon batches named as normal it set {aside} aside as odd ({names}) and adapted on the other {reference}.",
)
ALARMS = Words("새 나일론 배치의 경보", "Alarms on new nylon batches")
ALARMS_TITLE = Words(
    "새 배치 {all}개 중 {n}개에서 경보가 울렸습니다", "{n} of {all} new batches raise an alarm"
)
ALARMS_DESC = Words(
    "배치 번호를 차례로 늘어놓았습니다. 경보가 울린 배치: {names}.",
    "Batch numbers in order. Batches with an alarm: {names}.",
)
ALARM_MARK = Words("경보 (칠한 칸)", "alarm (filled)")
QUIET_MARK = Words("경보 없음 (빈 칸)", "no alarm (empty)")
ALARMS_TABLE = Words("경보가 울린 배치와 원인 태그", "Batches with an alarm, and the tags to look at")
ALARMS_COLUMNS = (
    Words("배치", "Batch"),
    Words("태그 (기여가 큰 차례)", "Tags (largest part first)"),
    Words("단계", "Phase"),
)
NO_LIST = Words(
    "한계: 어느 나일론 배치가 실제로 비정상이었는지 적은 공개 목록은 찾지 못하였습니다. 따라서 위 경보가 옳은지는 판정할 수 없고, 탐지율도 측정하지 않았습니다.",
    "A limit: no published list of abnormal nylon batches was found. Whether these alarms are right cannot be judged, and no detection rate was measured on them.",
)
FAULTS = Words("일부러 넣은 결함을 찾는가", "Does it find faults put in on purpose")
FAULTS_SAID = Words(
    "경보가 없던 배치 {all}개의 사본에 결함을 하나씩 주입하였습니다. {hits}개를 찾았고 원인 태그도 첫째로 맞혔습니다.",
    "One fault each was put into copies of {all} batches without an alarm. {hits} were found with the right tag named first.",
)
FAULTS_LIMIT = Words(
    "결함의 종류와 크기는 시연이 골랐으므로, 이 수는 보여 드리기 위한 것이며 일반적인 탐지율이 아닙니다.",
    "Kinds and sizes were chosen by the demo: this count is a demonstration, not a detection rate.",
)
FAULTS_TABLE = Words("주입한 결함과 찾은 결과", "Faults injected, and what was found")
FAULTS_COLUMNS = (
    Words("배치", "Batch"),
    Words("태그", "Tag"),
    Words("결함", "Fault"),
    Words("크기", "Size"),
    Words("감시가 가리킨 태그", "Tags that the monitor named"),
    Words("찾음", "Found"),
)
KINDS = {
    "bias": Words("편향", "bias"),
    "drift": Words("서서히 벗어남", "drift"),
    "stuck": Words("값 고착", "stuck"),
    "noise": Words("잡음 증가", "noise"),
    "delay": Words("지연", "delay"),
    "lost": Words("신호 끊김", "signal lost"),
}
SPREADS = Words("정상 산포의 {n}배", "{n} normal spreads")
SAMPLES = Words("표본 {n}개", "{n} samples")
YES, NO = Words("예", "yes"), Words("아니오", "no")
YES_OTHER_TAG = Words("경보만", "alarm, other tag")

RATES_TITLE = Words(
    "오경보율: 나일론 {nylon} %, 건조기 {dryer} % (목표 {asked} %)",
    "False-alarm rate: nylon {nylon} %, dryer {dryer} % (asked: {asked} %)",
)
RATES_DESC = Words(
    "학습에서 빼 둔 정상 배치로 잰 오경보율(%)입니다. 점선은 요청한 값 {asked} %입니다.",
    "The false-alarm rate in %, measured on normal batches held out. The dashed line is what was asked, {asked} %.",
)
RATES_TABLE = Words(
    "남은 배치로 잰 오경보율과 제외한 배치",
    "False-alarm rate on the batches that remained, and those set aside",
)
RATES_COLUMNS = (
    Words("공장", "Plant"),
    Words("제외한 배치", "Set aside"),
    Words("남은 배치", "Remaining"),
    Words("오경보 (개)", "False alarms"),
    Words("오경보율", "Rate"),
    Words("목표", "Asked"),
)
RATES_LIMIT = Words(
    "주의: 이 비율은 이상하다고 제외한 배치를 뺀 뒤 잰 것입니다. 정상이라고 지정한 배치를 모두 세면 더 높아질 수 있습니다. 배치 수가 적어 나일론은 {nylon} %, 건조기는 {dryer} %보다 잘게 잴 수 없습니다.",
    "Note: these rates leave out the batches set aside as odd; counted over all batches named as normal they may well be higher. With so few batches nothing finer than {nylon} % (nylon) and {dryer} % (dryer) can be measured.",
)
ASKED = Words("목표 {n} %", "asked {n} %")
NYLON, DRYER = Words("나일론", "nylon"), Words("건조기", "dryer")

LITERATURE = Words("건조기: 문헌과 맞추어 보면", "Dryer: compared with the literature")
LITERATURE_SAID = Words(
    "문헌(Garcia-Munoz 2004)은 배치 1-33을 정상, 34-61을 비정상, 62-71을 용제 함량이 높은 것으로 나눕니다. 1-33으로 학습한 뒤 나머지를 살폈습니다.",
    "The literature (Garcia-Munoz 2004) calls batches 1-33 good, 34-61 abnormal and 62-71 high in solvent. The monitor was adapted on 1-33 and then looked at the rest.",
)
LITERATURE_TITLE = Words(
    "비정상 {abnormals}개 중 {abnormal}개, 고용제 {solvents}개 중 {solvent}개에서 경보",
    "{abnormal} of {abnormals} abnormal and {solvent} of {solvents} high-solvent batches alarm",
)
LITERATURE_DESC = Words(
    "문헌의 분류별로 경보가 울린 배치의 비율(%)입니다. 비정상 {abnormal_rate} %, 고용제 {solvent_rate} %, 남은 정상 배치의 오경보 {good_rate} %.",
    "Share of batches with an alarm for each class of the literature, in %: abnormal {abnormal_rate}, high solvent {solvent_rate}, good ones that remained {good_rate}.",
)
LITERATURE_TABLE = Words("문헌의 분류와 감시 결과", "Classes of the literature, and the monitor's verdicts")
LITERATURE_COLUMNS = (
    Words("문헌의 분류", "Class in the literature"),
    Words("배치", "Batches"),
    Words("경보 (일치)", "Alarm"),
    Words("경보 없음", "No alarm"),
)
L_ABNORMAL, L_SOLVENT = Words("비정상", "abnormal"), Words("고용제", "high solvent")
L_GOOD, L_ASIDE = Words("정상 (남은 배치)", "good, remaining"), Words("정상 (제외함)", "good, set aside")
L_MISSED = Words(
    "일치하지 않는 것도 그대로 밝힙니다. 비정상 {missed}개와 고용제 {unsolved}개에서는 경보가 없었고, 문헌이 정상이라 한 배치 {given}개 중 {aside}개를 감시가 이상하다고 제외하였습니다.",
    "Where they disagree, as it is: {missed} abnormal and {unsolved} high-solvent batches raised no alarm, and of the {given} that the literature calls good the monitor set {aside} aside as odd.",
)
TWENTY_AGREES = Words(
    "배치 20: 문헌과 같이 두드러지며, 감시가 첫째로 가리킨 태그도 {tag}입니다(일치).",
    "Batch 20 stands out as published, and the monitor names {tag} first (agrees).",
)
TWENTY_DIFFERS = Words(
    "배치 20: 문헌은 DryerPressure를 가리키지만 이번 결과는 다릅니다(불일치). 감시가 첫째로 가리킨 태그: {tag}.",
    "Batch 20: published with DryerPressure, but this run differs (disagrees). The tag named first: {tag}.",
)
TWENTY_LIMIT = Words(
    "배치 20도 이상하다고 제외한 배치에 들어 있어 학습에는 쓰이지 않았습니다.",
    "Batch 20 was among those set aside, so the monitor did not learn from it.",
)
NOTHING = Words("없음", "none")

LEDGER = Words("증명: 이력은 온전한가", "Prove: is the history whole")
LEDGER_SAID = Words(
    "기록 {size}건이 온전하고 사람의 서명 {signatures}개가 맞습니다. 검증에는 공개키만 썼습니다.",
    "{size} Records are whole and {signatures} signatures of people hold. Only the public key was used.",
)
LEDGER_ERASED = Words("내용을 지운 기록: {n}건", "Records whose content was erased: {n}")
VERIFY = Words("직접 검증해 보십시오(사이트가 필요 없습니다).", "Verify it yourself; no site is needed.")
EVENTS_TITLE = Words("기록 {size}건에 남은 일", "What {size} Records hold")
EVENTS_DESC = Words(
    "사건별 기록 수입니다. 가장 많은 것은 {most} {n}건입니다.",
    "Records by event. The most frequent is “{most}”: {n}.",
)
EVENTS_TABLE = Words("사건별 기록 수", "Records by event")
EVENTS_COLUMNS = (Words("사건", "Event"), Words("기록 (건)", "Records"))
EVENTS = {
    "founded": Words("사이트 개설", "founded"),
    "enrolled": Words("가입", "enrolled"),
    "signed-in": Words("로그인", "signed in"),
    "registered": Words("데이터셋 등록", "registered"),
    "ran": Words("실행", "ran"),
    "refused": Words("거부", "refused"),
    "requested": Words("이용승인 신청", "requested"),
    "decided": Words("이용승인 결정", "decided"),
    "granted": Words("이용승인 성립", "granted"),
    "voted": Words("심사 투표", "voted"),
    "vote-opened": Words("투표 공개", "votes opened"),
    "project-opened": Words("프로젝트 개설", "project opened"),
    "seated": Words("위원회 구성", "panel seated"),
    "said": Words("위원 의견", "member spoke"),
    "said-opened": Words("의견 공개", "words opened"),
    "reviewed": Words("검토 결정", "reviewed"),
    "returned": Words("반려", "returned"),
    "released": Words("반출", "released"),
    "exported": Words("내려받기", "exported"),
    "destroyed": Words("파기", "destroyed"),
}
TIMES = Words("{n}건", "{n}")
ROOT = Words("뿌리 해시", "Root hash")
FORGED = Words("한 글자를 바꾸면", "When one byte is changed")
FORGED_SAID = Words(
    "사본에서 한 바이트를 바꾸었더니 바로 드러났습니다. 위치: {place}.",
    "One byte of a copy was changed and it showed at once, at {place}.",
)
FORGED_PLACE = Words(
    "파일의 {line}번째 줄, 기록 {record}번, {field} 항목",
    "line {line} of the file, Record {record}, field {field}",
)
FORGED_SOMEWHERE = Words("아래 문장 참조", "the place named below")

NEXT = Words("다음에 해 볼 것", "What to try next")
NEXT_SAID = Words(
    "잠시 운영기관이 되어 살펴보십시오. 아래 명령을 터미널에 입력합니다.",
    "Be the operator for a while. Type these commands in a terminal.",
)
NEXT_OWN = Words(
    "자신의 자료로 시작하려면 새 사이트를 만드십시오.", "To begin with data of your own, make a new site."
)
