"""What the risk and utility report says, in Korean and English. Sentences only; `assessed` fills in the numbers."""

from __future__ import annotations

from .markup import Words

TITLE = Words("위험과 유용성 측정 보고서", "Risk and utility report")
LEAD = Words(
    "가명처리하기 전의 표와 처리한 표를 나란히 잰 결과입니다. 행의 값은 하나도 들어 있지 않으며, {least}명보다 적은 수는 가렸습니다.",
    "The table before and after pseudonymisation, measured side by side. It holds no value of any row, and numbers under {least} persons are masked.",
)
COUNTED_PERSONS = Words("사람을 셉니다(열 {person}).", "Persons are counted (column {person}).")
COUNTED_ROWS = Words("사람을 나타내는 열이 없어 한 행을 한 사람으로 셉니다. 맞습니까?", "No column of persons was named: every row is counted as a person of its own. Is that so?")  # fmt: skip
COUNTED_ROWS_AFTER = Words("처리 후 표에는 열 {person}이(가) 없어 한 행을 한 사람으로 셉니다. 한 사람이 여러 행을 가지면 처리 후 위험은 실제보다 낮게 나오고, 모집단은 추정하지 않습니다.", "The table after has no column {person}: every row of it is counted as a person. Where somebody has several rows its risk is higher than shown here; nothing is estimated about the population.")  # fmt: skip
QUASI = Words("식별가능정보(준식별자): {columns}", "Quasi-identifiers: {columns}")
BEFORE, AFTER = Words("처리 전", "before"), Words("처리 후", "after")
MEASURE = Words("측정값", "Measure")
FEW = Words("{least} 미만", "fewer than {least}")
HIDDEN = Words("가림", "hidden")
UNKNOWN = Words("알 수 없음", "not known")

AT_A_GLANCE = Words("한눈에 보기", "At a glance")
MEAN_RISK = Words("사람마다의 위험, 평균", "Risk per person, mean")
MAX_RISK = Words("가장 위험한 사람의 위험", "Risk of the most exposed person")
UNIQUE = Words("혼자뿐인 사람의 비율", "Share of persons who stand alone")
ABOVE = Words("위험이 {threshold}보다 큰 행의 비율", "Share of rows with a risk above {threshold}")
SMALLEST = Words("가장 작은 동질집합의 사람 수", "Persons in the smallest class")
LOSS = Words("잃은 정보(0 = 없음, 1 = 전부)", "Information lost (0 = none, 1 = all)")
LEFT_OUT = Words("빠진 행", "Rows left out")
KEPT = Words("예측할 수 있는 것 가운데 남은 몫", "Of what could be predicted, what still can")
CHANGE = Words("{before} → {after}", "{before} → {after}")
PERCENT = Words("{share} %", "{share} %")

RISK = Words("재식별 위험", "Risk of re-identification")
RISK_TITLE = Words("평균 위험이 {b} %에서 {a} %로 바뀌었습니다", "The mean risk went from {b} % to {a} %")
RISK_DESC = Words(
    "막대는 처리 전후의 재식별 위험을 나타냅니다. 평균은 처리 전 {b} %, 처리 후 {a} %입니다.",
    "Bars show the risk of re-identification before and after. The mean is {b} % before and {a} % after.",
)
RISK_TABLE = Words("재식별 위험, 처리 전과 후", "Risk of re-identification, before and after")
RISK_READ = Words(
    "동질집합은 식별가능정보가 모두 같은 사람들입니다. 그 안에 f명이 있으면, 어떤 사람이 표에 있다는 것을 아는 이가 그 사람의 행을 맞힐 확률은 1/f입니다(검사 모형, prosecutor 위험). 평균은 모든 사람을 맞혀 보는 이가 맞히리라 기대하는 비율입니다.",
    "A class holds the persons who are alike in all quasi-identifiers. Where it has f persons, somebody who knows that a person is in the table picks their row with probability 1/f (prosecutor risk). The mean is the share that somebody who tries all of them expects to get right.",
)
BANDS_TITLE = Words("작은 동질집합에 있던 사람들이 옮겨 갔습니다", "Where the persons of small classes went")
BANDS_NONE = Words("이제 {k}명보다 작은 동질집합에는 아무도 없습니다", "Nobody is in a class of fewer than {k} persons any more")  # fmt: skip
BANDS_SOME = Words("{k}명보다 작은 동질집합에 아직 사람이 있습니다", "There are still persons in classes of fewer than {k}")  # fmt: skip
BANDS_DESC = Words(
    "동질집합의 크기마다, 그 안에 있는 사람의 수를 처리 전과 후로 나타낸 막대입니다.",
    "Bars show how many persons are in classes of each size, before and after.",
)
BANDS_TABLE = Words("동질집합의 크기와 그 안의 사람 수", "Sizes of classes, and the persons in them")
BAND = Words("{low}–{high}명", "{low}–{high} persons")
BAND_ONE = Words("{low}명", "{low} person(s)")
BAND_OPEN = Words("{low}명 이상", "{low} persons or more")
BAND_HEAD = Words("동질집합의 크기", "Size of the class")

POPULATION = Words("모집단에서도 혼자일까", "Alone in the population too?")
POPULATION_READ = Words(
    "표에 없는 사람까지 모두 {population}명 가운데 이 표는 {fraction} %를 담고 있습니다. 표에서 혼자인 사람도 표 밖에 같은 사람이 있을 수 있으므로, 모집단에서도 혼자일 사람을 추정합니다. 무작위 표본일 때만 믿을 수 있는 값입니다.",
    "Of a population of {population} persons this table holds {fraction} %. Who stands alone in the table may have doubles outside it, so the persons who are alone in the population are estimated. That can be trusted only for a random sample.",
)
POPULATION_TABLE = Words(
    "모집단에서 혼자인 사람의 추정값", "Estimated persons who are alone in the population"
)
POPULATION_COLUMNS = (Words("모형", "Model"), BEFORE, AFTER)
CHOSEN = Words("댄카의 규칙이 고른 모형", "Chosen by Dankar's rule")
SHARE_OF_POPULATION = Words("그 비율", "As a share of the population")

SETS = Words("어느 속성이 위험하게 하는가", "Which attributes make it risky")
DRIVERS_TITLE = Words("{column}을(를) 가리면 평균 위험이 가장 많이 내려갑니다", "Hiding {column} lowers the mean risk most")  # fmt: skip
DRIVERS_NONE = Words("어느 한 속성을 가려도 평균 위험은 거의 그대로입니다", "Hiding any one attribute hardly changes the mean risk")  # fmt: skip
DRIVERS_DESC = Words(
    "처리 전의 표에서, 속성 하나를 가렸을 때 남는 평균 위험을 나타낸 막대입니다. 모두 있을 때는 {every} %입니다.",
    "Bars show, for the table before, the mean risk that is left when one attribute is hidden. With all of them it is {every} %.",
)
DRIVERS_TABLE = Words("속성마다의 몫, 처리 전", "Each attribute's part, before")
DRIVERS_COLUMNS = (
    Words("속성", "Attribute"),
    Words("이것만 알 때", "if only it is known"),
    Words("이것을 가릴 때", "if it is hidden"),
    Words("혼자가 되는 조합에서의 몫", "share in the combinations that single out"),
)
SETS_TABLE = Words("몇 개의 속성만 알아도 얼마나 위험한가(가장 위험한 조합)", "How risky it is to know only a few attributes (the riskiest set)")  # fmt: skip
SETS_COLUMNS = (
    Words("아는 속성", "Known attributes"),
    Words("언제", "When"),
    Words("혼자가 되는 사람", "Persons who stand alone"),
    Words("평균 위험", "Mean risk"),
)
SETS_READ = Words(
    "{most}개까지의 속성 조합을 모두 살폈습니다. 적은 속성으로 혼자가 되는 사람일수록 찾기 쉽습니다.",
    "All sets of up to {most} attributes were looked at. The fewer attributes single a person out, the easier they are found.",
)
KEYS = Words("모든 사람을 서로 다르게 하는 조합(처리 전): {keys}", "Sets that tell everybody apart (before): {keys}")  # fmt: skip
KEYS_AFTER = Words("모든 사람을 서로 다르게 하는 조합(처리 후): {keys}", "Sets that tell everybody apart (after): {keys}")  # fmt: skip

OUTLIERS = Words("눈에 띄는 행", "Rows that stand out")
OUTLIERS_TITLE = Words("처리한 표의 {of}명 가운데 {persons}명이 드문 값으로 눈에 띕니다", "Of {of} persons in the table after, {persons} stand out by rare values")  # fmt: skip
OUTLIERS_NONE = Words("처리한 표에서 드문 값으로 눈에 띄는 사람은 없습니다.", "Nobody in the table after stands out by rare values.")  # fmt: skip
OUTLIERS_RULES = (
    Words("먼 값: 사분위 범위의 세 배보다 더 바깥에 있는 수", "far: a number more than three interquartile ranges outside the quartiles"),
    Words("드문 값: {rare}명보다 적은 사람이 가진 값(대부분이 값을 나누어 갖는 열에서만)", "rare: a value that fewer than {rare} persons have (only in columns most of whose values are shared)"),
    Words("드문 짝: 따로는 드물지 않지만 함께 가진 사람이 {rare}명보다 적은 두 값(우연이라면 {expected}명은 될 때)", "pair: two values, neither of them rare, that fewer than {rare} persons combine (where chance would give {expected} or more)"),
)  # fmt: skip
RULES = {"far": Words("먼 값", "far"), "rare": Words("드문 값", "rare"), "pair": Words("드문 짝", "pair")}
OUTLIERS_TABLE = Words("규칙과 열마다 눈에 띄는 사람", "Persons who stand out, by rule and column")
OUTLIERS_COLUMNS = (Words("열", "Columns"), Words("규칙", "Rule"), Words("사람", "Persons"))
OUTLIERS_MORE = Words("그 밖에 {count}건이 더 있습니다.", "There are {count} more.")
OUTLIERS_WHAT = Words(
    "k-익명성은 식별가능정보만 봅니다. 남겨 둔 값이 이렇게 눈에 띄면 상하단 코딩, 일반화 또는 삭제를 살펴보십시오.",
    "k-anonymity looks at the quasi-identifiers only. Where kept values stand out like this, consider top and bottom coding, coarser groups, or removal.",
)

UTILITY = Words("얼마나 쓸모가 남았는가", "What is left to use")
PLANE_TITLE = Words("위험은 {b}에서 {a}로, 잃은 정보는 {loss}입니다", "Risk from {b} to {a}, at the price of {loss} of the information")  # fmt: skip
PLANE_DESC = Words(
    "가로는 잃은 정보, 세로는 평균 위험입니다. 왼쪽 위의 점이 처리 전, 다른 점이 처리 후이며, 점선은 기준 1/k = {limit}입니다.",
    "Across: information lost. Up: mean risk. The spot at the upper left is before, the other after; the dashed line is the threshold 1/k = {limit}.",
)
PLANE_X, PLANE_Y = Words("잃은 정보", "information lost"), Words("평균 위험", "mean risk")
PLANE_LIMIT = Words("기준 1/k = {limit}", "threshold 1/k = {limit}")
PLANE_TABLE = Words("위험과 유용성", "Risk and utility")
COLUMNS_TITLE = Words("분포가 가장 많이 바뀐 열은 {column}입니다(차이 {tv})", "The distribution of {column} changed most (by {tv})")  # fmt: skip
COLUMNS_SAME = Words("어느 열의 분포도 바뀌지 않았습니다", "No column's distribution changed")
COLUMNS_DESC = Words(
    "열마다 처리 전과 후의 분포가 얼마나 다른지(총변동 거리와 콜모고로프-스미르노프 거리)를 나타낸 막대입니다. 0은 같음, 1은 전혀 다름입니다.",
    "Bars show how far each column's distribution after is from that before (total variation, and Kolmogorov and Smirnov's distance). 0 is the same, 1 is altogether different.",
)
COLUMNS_TABLE = Words("열마다", "Column by column")
COLUMNS_COLUMNS = (
    Words("열", "Column"),
    Words("잃은 정보", "loss"),
    Words("잃은 비트", "bits lost"),
    Words("총변동 거리", "total variation"),
    Words("KS 거리", "KS distance"),
)
TV, KS = Words("총변동", "TV"), Words("KS", "KS")
COLUMNS_READ = Words(
    "여러 값을 가리는 구간이나 묶음은 그 안의 값에 고르게 나누어 견주었습니다.",
    "A band or group that hides several values was compared as if its rows were spread evenly over them.",
)
UNREADABLE = Words("읽을 수 없는 이름이 있어 견주지 못한 열: {columns}. 처리기준 파일을 함께 주면 읽을 수 있습니다.", "Columns with labels that could not be read, and so were not compared: {columns}. Give the policy file, and they can be.")  # fmt: skip
CLASSES = (
    (Words("평균 동질집합 크기(행)", "Average class size (rows)"), "average_class_size"),
    (Words("C_AVG(평균 크기를 k로 나눈 값, 1이 가장 좋음)", "C_AVG (average size by k; 1 is best)"), "c_avg"),
    (Words("식별성 척도 DM(작을수록 좋음)", "Discernibility DM (smaller is better)"), "discernibility"),
)

TOGETHER = Words("열 사이의 관계", "How columns hang together")
TOGETHER_TITLE = Words("{a}과(와) {b}의 관계가 가장 많이 바뀌었습니다({change})", "The association of {a} and {b} changed most (by {change})")  # fmt: skip
TOGETHER_SAME = Words("열 사이의 관계는 그대로입니다", "The associations are as they were")
TOGETHER_DESC = Words(
    "두 열의 관계가 처리 전과 후에 얼마나 달라졌는지를 나타낸 칸입니다. 진할수록 많이 달라졌습니다. 평균 {mean}.",
    "Cells show how far the association of two columns moved. The darker, the farther. Mean {mean}.",
)
TOGETHER_TABLE = Words("두 열의 관계, 처리 전과 후", "Association of two columns, before and after")
TOGETHER_COLUMNS = (Words("두 열", "Columns"), BEFORE, AFTER, Words("달라진 만큼", "moved by"))
TOGETHER_READ = Words(
    "수와 수는 피어슨 상관계수, 범주와 범주는 크라메르의 V, 수와 범주는 켈리의 엡실론(제곱근)입니다.",
    "Numbers: Pearson's correlation. Categories: Cramer's V. A number and a category: the root of Kelley's epsilon squared.",
)

LEARNING = Words("아직 배울 수 있는가", "Can one still learn from it")
LEARNING_TITLE = Words("{target}을(를) 맞히는 비율이 {b} %에서 {a} %로 바뀌었습니다", "Predicting {target} is right {a} % of the time, {b} % before")  # fmt: skip
LEARNING_DESC = Words(
    "나머지 열로 {target}을(를) 예측해 맞힌 비율입니다. 늘 가장 흔한 값을 말하면 {base} %를 맞힙니다.",
    "Bars show how often {target} is predicted rightly from the other columns. Always saying the most frequent value is right {base} % of the time.",
)
BASELINE = Words("가장 흔한 값", "most frequent value")
BAYES, LOGISTIC = Words("나이브 베이즈", "naive Bayes"), Words("로지스틱 회귀", "logistic regression")
LEARNING_TABLE = Words(
    "맞힌 비율(다섯 번 나누어 시험)", "Share predicted rightly (five-fold cross-validation)"
)
LEARNING_READ = Words(
    "각 표로 따로 배우고 시험했습니다(많아도 {rows}행). 빠진 행은 처리 후의 시험에 없습니다.",
    "Each table was learnt and tried on itself (at most {rows} rows). Rows left out are not in the trial after.",
)

SENSITIVE = Words("민감속성이 드러나는 정도", "What the classes give away")
SENSITIVE_READ = Words(
    "누군가가 어느 동질집합에 있는지 알면 그 집합의 값들을 알게 됩니다. 가장 나쁜 동질집합의 값을 행으로 세어 적습니다. 서로 다른 값의 수와 엔트로피 l은 클수록, 거리 t는 작을수록 안전합니다. 엔트로피는 0.5 단위로 내리고 거리는 0.05 단위로 올렸습니다.",
    "Whoever knows in which class somebody is learns the values of that class. Shown is the worst class, counted in rows: more different values and a higher entropy l are safer, and so is a smaller distance t. Entropy is rounded down to halves, distances up to twentieths.",
)
SENSITIVE_TABLE = Words("민감속성별 l-다양성과 t-근접성", "l-diversity and t-closeness by sensitive column")
SENSITIVE_COLUMNS = (
    Words("열", "Column"),
    Words("때", "When"),
    Words("서로 다른 값(l)", "Different values (l)"),
    Words("엔트로피 l", "Entropy l"),
    Words("거리 t(동일)", "Distance t (equal)"),
    Words("거리 t(순서)", "Distance t (ordered)"),
    Words("모두 같은 값인 집합의 사람", "Persons in classes of one value"),
)
LIMITS = Words("이 보고서로 알 수 없는 것", "What this report does not say")
LIMITS_LIST = (
    Words("위험은 위에 적은 식별가능정보에 대한 값입니다. 빠뜨린 속성이 있으면 실제 위험은 더 큽니다.", "The risk is that of the quasi-identifiers named above. With one forgotten, the true risk is higher."),
    Words("한 동질집합의 사람들이 같은 값을 가지는지는 민감속성으로 지정한 열에서만 잽니다.", "Whether the persons of a class share a value is measured only for the columns named as sensitive."),
    Words("처리 후의 표에 사람을 나타내는 열이 없으면 그 표에서는 한 행을 한 사람으로 셉니다.", "Where the table after has no column of persons, its rows are counted as persons."),
    Words("한 사람만 다른 두 표의 보고서를 견주면 그 사람에 대해 알 수 있는 것이 있습니다. 같은 표를 조금씩 바꾸어 여러 번 재지 마십시오.", "Two reports on tables that differ in one person, compared, tell something of that person. Do not measure a table again and again with small changes."),
    Words("이 보고서는 적정성 검토의 재료이며 그 결정을 대신하지 않습니다.", "It is material for the adequacy review and does not stand in for its decision."),
)  # fmt: skip
FOOTER = Words("달구벌이 만든 보고서", "Made by Dalgubeol")
