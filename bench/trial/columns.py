"""Columns of a split: values of one type (or of a trap) under a header that helps, is short, is missing or misleads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.trial import values as v
from bench.trial.writing import address, expanded, split


@dataclass(frozen=True)
class Column:
    """`types`: what it may be called; empty for a trap. `manner` and `kind` are for looking at classes of error."""

    header: str
    values: tuple[str | None, ...]
    types: frozenset[str]
    manner: str
    kind: str


_HEADERS: dict[str, dict[str, str]] = {
    "tune": {
        "resident_number": "주민등록번호|주민번호|RRN|resident_no|JUMIN|고객주민번호|주민 No.",
        "foreigner_number": "외국인등록번호|외국인번호|ARC_NO|alien reg no|외국인 등록 번호",
        "business_number": "사업자등록번호|사업자번호|biz_no|BRN|거래처 사업자번호",
        "corporate_number": "법인등록번호|법인번호|corp_no|CRN",
        "driver_licence": "운전면허번호|면허번호|driver_license|면허 No",
        "passport": "여권번호|passport_no|PASSPORT|여권 번호",
        "phone": "전화번호|연락처|휴대폰|HP|tel|mobile|자택전화|phone_number|긴급연락처",
        "account": "계좌번호|급여계좌|account_no|환불계좌|입금계좌",
        "card": "카드번호|card_no|법인카드번호|결제카드",
        "email": "이메일|email|E-MAIL|메일주소|전자우편",
        "vehicle_plate": "차량번호|car_no|등록차량|차번",
        "postal_code": "우편번호|zip|postal_code|ZIPCODE",
        "address": "주소|배송지|address|거주지|사업장소재지",
        "name": "성명|이름|고객명|name|담당자|환자명|예금주|성함",
    },
    "trial2": {
        "resident_number": "주민등록 번호|주민 번호|jumin_no|SSN(KR)|resident_registration_number|주민등록번호(뒷자리포함)|주번",
        "foreigner_number": "외국인 번호|외국인등록No|foreigner_id|ARC|외등번호",
        "business_number": "사업자 등록번호|사업자No|business_reg_no|사업자등록No.|bizrno",
        "corporate_number": "법인 등록번호|법인등기번호|corporate_no|법인No",
        "driver_licence": "운전면허|면허증번호|licence_no|driver_lic",
        "passport": "여권|여권No|pass_no|Passport Number",
        "phone": "휴대전화|전화|핸드폰번호|cell|TEL_NO|연락처1|보호자연락처|contact_no|직통번호",
        "account": "계좌|수령계좌번호|bank_account|계좌 No|입금계좌번호",
        "card": "신용카드번호|카드 번호|credit_card|CARD_NUM",
        "email": "메일|e_mail|이메일주소|mail_addr|담당자 이메일",
        "vehicle_plate": "자동차번호|차량등록번호|plate|vehicle_no|차량 번호",
        "postal_code": "우편 번호|우편번호(신)|zip_code|post_no",
        "address": "배송주소|addr|도로명주소|자택 주소|소재지",
        "name": "성 명|고객이름|customer_name|신청인|수취인명|보호자명|작업자|직원명|emp_nm",
    },
    "trial3": {
        "resident_number": "주민등록번호(13자리)|주민등록|juminNo|resident_number|주민번호1|RRN_NO",
        "foreigner_number": "외국인등록 번호|외국인 등록번호|foreignerRegNo|alien_registration_no|외국인등록증번호",
        "business_number": "사업자등록번호(10)|사업자 번호|bizRegNo|business_number|공급자등록번호",
        "corporate_number": "법인등록번호(13)|법인 번호|corpRegNo|법인등록",
        "driver_licence": "면허|운전면허 번호|licenseNo|driver_license_number",
        "passport": "여권 No.|passportNo|PASSPORT_NUMBER|여권정보",
        "phone": "전화 번호|비상연락처|mobilePhone|HP번호|회사전화|수신번호|TEL1|연락 전화",
        "account": "계좌 번호|환급계좌|accountNo|이체계좌|월급통장",
        "card": "카드No|결제카드번호|cardNumber|복지카드",
        "email": "이메일 주소|userEmail|E메일|수신메일",
        "vehicle_plate": "차량 No|등록차량번호|carNumber|운행차량",
        "postal_code": "우편번호(5자리)|zipCode|postalCode|배송지우편번호",
        "address": "거주지 주소|수령지주소|fullAddress|설치장소|등본상주소",
        "name": "성명(한글)|이름(본인)|userName|수령자|상담고객|근로자성명|대표자|계약자명|학생이름",
    },
    "trial4": {
        "resident_number": "피보험자 주민번호|주민등록번호_본인|psnl_reg_no|주민번호(전체)|세대주 주민등록번호|ssn",
        "foreigner_number": "외국인등록증 No|외국인등록번호/거소번호|fgn_reg_no|ARC Number|거소신고번호",
        "business_number": "업체 사업자번호|사업자등록증번호|bsnm_no|사업자등록번호(공급자)|biz number",
        "corporate_number": "법인등록번호(등기)|등기 법인번호|crno|법인등기 No",
        "driver_licence": "운전면허증 번호|기사면허번호|drv_lcns_no|면허번호(1종)",
        "passport": "여권번호(영문포함)|psprt_no|여행자 여권|Passport No",
        "phone": "보호자 전화|입주민 연락처|hp_no|tel_home|자택/휴대폰|기사님번호|mbl_telno|팩스",
        "account": "환불 계좌번호|강사료계좌|acnt_no|이체 계좌번호|예금계좌",
        "card": "결제 카드번호|법인카드|crd_no|승인카드번호",
        "email": "회신 이메일|eml_addr|전자메일|학부모 메일",
        "vehicle_plate": "입주차량|차량등록번호(번호판)|vhcl_no|배차차량번호",
        "postal_code": "우편번호(5)|zip no|새우편번호|post_cd",
        "address": "통지주소|수거지 주소|rdnm_adr|현 거주지|사업장 주소",
        "name": "세대주|학생명|피보험자|예약자명|교인명|기사명|신고인|flnm|채무자|반장",
    },
    "trial5": {
        "resident_number": "방문자 주민번호|소득자 주민등록번호|resdntNo|주민등록번호(소득자)|입소자주민번호|RES_REG_NUM",
        "foreigner_number": "외국인등록번호(E-9)|체류자 등록번호|frgnrNo|alienRegistrationNo|외국인 등록증 번호",
        "business_number": "공급받는자 등록번호|수급업체 사업자번호|bsnsRegNo|사업자등록번호_거래처|BIZ_REG_NUM",
        "corporate_number": "법인등록번호(본사)|입찰자 법인번호|jurirNo|법인 등기번호|CORP_REG_NUM",
        "driver_licence": "차주 면허번호|운전면허번호(화물)|drvLicenseNum|지게차기사 면허|DL_NO",
        "passport": "방문객 여권번호|파견자여권|pspNo|passport number(EN)|여권번호_만료전",
        "phone": "현장 연락처|인수자 전화|mobTel|대표 연락 번호|당직자HP|FAX번호|콜백번호|직장전화|TelephoneNo",
        "account": "정산계좌|대금지급 계좌번호|bankAcctNo|송금계좌|보험금 계좌",
        "card": "주유카드번호|법인 카드 번호|cardNum16|연구비카드|승인 카드",
        "email": "계산서 이메일|담당자메일주소|emailAddr|E-mail 주소|수신자 이메일",
        "vehicle_plate": "납품차량|입문차량번호|vehicleRegNo|차량번호판|사고차량번호",
        "postal_code": "납품처 우편번호|우편번호(배송)|zipNo|ZIP_CD|post code",
        "address": "납품처 주소|현장주소|siteAddr|사고 장소 주소|설치 주소|반품 주소지",
        "name": "인수자|방문자명|소득자|점검자 성명|피해자|대표자명|입찰대리인|personNm|작성자|보호자 이름",
    },
    "trial6": {
        "resident_number": "훈련생 주민등록번호|피상속인 주민번호|수진자주민번호|jmnRegNo|주민등록번호_채무자|RSDNT_NO",
        "foreigner_number": "외국인등록번호(계절)|fgnRegNo|외국인 조합원 등록번호|ARC_REG_NO|외국인등록번호(환자)",
        "business_number": "회원사 사업자번호|의뢰업체 사업자등록번호|bizRegNo|관계인 사업자등록번호|BSN_NO",
        "corporate_number": "회원사 법인번호|법인등록번호(채무자)|corpRegNo|법인등록 번호|CPR_NO",
        "driver_licence": "실기 면허번호|운전면허번호(배송)|drvLcNo|운전면허 No.|DRV_LIC",
        "passport": "출장자 여권번호|연수생여권|passportNum|여권번호(영문 명단)|PP_NO",
        "phone": "학부모 휴대폰|조합원 연락처|관계인 전화|callNum|회신전화|휴대전화(필수)|사무실 Tel|FAX_NO|구입자 연락처",
        "account": "훈련수당 계좌|수매대금 계좌|rfndAcct|여비 입금계좌|대출 출금계좌",
        "card": "면세유카드번호|출장 법인카드|cardNumber|수수료 카드번호|결제카드(16)",
        "email": "성적서 수신메일|지원자 이메일|mailAdr|회원사 E-mail|정품등록 메일",
        "vehicle_plate": "입주민 차량|통학차량번호|carRegNo|출동방해차량|렌터카 번호",
        "postal_code": "우편번호(회원사)|반송 우편번호|zonecode|POST_NO|우편번호_신주소",
        "address": "대상물 소재지|채무자 주소|필지주소|bldAddr|시료 반송지|구입자 주소",
        "name": "훈련생|출장자|채권자|조합원명|시험자|수진자|구매자 성명|applicantNm|동대표|관계인",
    },
    "tune3": {
        "resident_number": "회원 주민번호|조합원주민등록번호|rrn13|주민등록번호 전체",
        "foreigner_number": "근로자 외국인등록번호|등록외국인번호|arcnum",
        "business_number": "제휴사 사업자번호|농약상 사업자등록번호|bizno10",
        "corporate_number": "조합 법인등록번호|corp_rgst_no|법인등록번호(본점)",
        "driver_licence": "셔틀기사 면허|면허번호(대형)|dlno",
        "passport": "회원여권|passport id|여권번호_신",
        "phone": "회원연락처|조합원 전화|phoneNo|상주연락처|전화(야간)",
        "account": "수매계좌|환불받을계좌|acc_num|부의금계좌",
        "card": "자동결제카드|cardnum16|카드번호(결제)",
        "email": "뉴스레터메일|contact_email|메일(회신)",
        "vehicle_plate": "주차등록차량|트럭번호|carplate",
        "postal_code": "우편번호5|zip5자리|배달우편번호",
        "address": "농지주소|이사주소|homeAddress|배달지",
        "name": "회원명|조합원|보호자|상주|선수명|memberName",
    },
}
_ABBREVIATED = {
    "resident_number": "rrno",
    "phone": "ph",
    "address": "adr",
    "name": "nm",
    "email": "eml",
    "card": "crd",
    "postal_code": "zip5",
    "account": "acct",
}
_NONE = ["", "Unnamed: 3", "col7", "F12", "열4", "field_9", "A", "V2"]
_MISLEADING = {
    "tune": ["비고", "번호", "코드", "기타", "key", "값", "내용"],
    "trial2": ["메모", "No", "항목", "ID", "참고", "구분값", "data"],
    "trial3": ["특이사항", "순번", "etc", "정보", "필드1", "자료"],
    "trial4": ["적요", "내역", "식별자", "remark", "세부", "란3", "처리"],
    "trial5": ["참조", "관련번호", "세부내용", "tmp", "입력값", "구분2", "key_val"],
    "trial6": ["부기", "대장번호", "비고2", "etc1", "원문", "구분코드", "item_val"],
    "tune3": ["덧붙임", "목록", "표시", "memo2", "기재"],
}
_MISSING = {
    "tune": ["", None, "-", "N/A", "없음", "null", "미상"],
    "trial2": [None, "", ".", "NULL", "미기재", "해당없음", "n/a", "--", "모름"],
    "trial3": ["", None, "?", "미확인", "N.A.", "x", "(없음)", "0", "비공개"],
    "trial4": ["", None, "해당 없음", "N", "확인중", "*", "〃", "null", "공란"],
    "trial5": ["", None, "미등록", "-", "확인 불가", "N/a", "없 음", "..", "NaN", "대기"],
    "trial6": [None, "", "미제출", "- -", "해당無", "NA", "(공란)", "0000", "nil", "추후"],
    "tune3": [None, "", "무", "~", "추후제출", "none"],
}
_WORDS = {
    "tune": {
        "직책": "사원|대리|과장|차장|부장|이사|주임|선임|책임", "상태": "정상|고장|이상|주의|하자|미정|보류|완료", "국적": "한국|중국|베트남|네팔|태국|몽골|우즈벡",
        "색상": "주황|연두|은색|고동|황금|하늘|남색|자주", "지역": "대구 북구|경북 구미시|서울 마포구|부산 해운대구", "공정": "성형|연마|도장|조립|용접|주조|절단|검사",
        "원자재": "고무|황동|은박지|구리|주철|석영|공업유|백금", "요일": "월요일|화요일|수요일|목요일|금요일", "성별": "남|여", "과일": "자두|한라봉|오렌지|백도|홍시|배",
    },
    "trial2": {
        "직급": "매니저|팀장|파트장|전무|상무|인턴|고문|연구원", "판정": "양호|불량|심각|경미|유보|합격|재검|전량폐기", "나라": "일본|인도|방글라데시|필리핀|미얀마|미국|러시아",
        "품목": "나사못|고정쇠|방진고무|전선관|주방용품|이음쇠|변압기|구리선|기어박스", "시군구": "수성구|안동시|칠곡군|강서구|화성시|여수시", "설비": "진공로|건조기|선반|연삭기|성형기|고압펌프|유압기",
        "진단": "고혈압|당뇨|염좌|골절|위염|천식|안구건조|변비", "결과": "가능|불가|조건부|미정", "혈액형": "A형|B형|O형|AB형", "메뉴": "김치전|우동|신라면|오므라이스|고등어|강된장|조개탕",
    },
    "trial3": {
        "직무": "용접|도장|설계|영업|구매|물류|검사|보전", "처리상태": "접수|진행|완료|보류|반려|취소|종결", "출신국": "캄보디아|우즈베키스탄|스리랑카|인도네시아|파키스탄|키르기스스탄",
        "재질": "강철|알루미늄|구리|황동|주철|고무|유리|석고", "읍면동": "신암동|동인동|문정동|조례동|무극리", "불량유형": "기포|변형|균열|누락|이물|오염|주름|박리", "학과": "기계공학|전기공학|간호학|경영학|법학|의학",
        "진료과": "내과|외과|정형외과|소아과|안과|이비인후과|한방과", "등급": "우수|양호|보통|미흡|하위", "계절": "봄|여름|가을|겨울", "채소": "배추|무|고추|양파|마늘|오이|감자", "색": "노랑|주홍|남색|하양|은색|금색",
    },
    "trial4": {
        "납부상태": "완납|미납|연체|유예|일부납|환급|면제", "직분": "집사|권사|장로|성도|목사|전도사", "사고유형": "추락|협착|전도|화상|감전|절단|질식", "관계": "모|부|조모|이모|배우자|고모|형제",
        "과목": "국어|수학|도덕|음악|한문|과학|미술|정보", "창고구역": "상온|냉동|냉장|위험물|반품존", "여행지": "제주|오사카|다낭|남해|방콕|하와이", "소송종류": "가단|가합|개회|타경|나단",
        "반이름": "햇살반|기린반|하늘반|고운반|새싹반|지혜반", "습득물": "우산|지갑|안경|장갑|모자|가방|신발", "보장": "상해|질병|입원|통원|골절|암진단", "반찬": "고사리|도라지|나박김치|우엉조림|장조림",
    },
    "trial5": {
        "조치결과": "복구|교체|조정|보류|재점검|이관|수리불가", "직위": "조장|반장|계장|실장|수간호사|주무관|전임", "고장부위": "구동부|전장|유압|배관|기판|도어|하우징", "입국국적": "라오스|카자흐스탄|동티모르|네팔|베트남|미얀마",
        "포장형태": "파렛트|마대|드럼|상자|벌크|롤", "출입목적": "납품|견학|공사|면접|감사|수리|택배", "표면처리": "도금|도장|방청|양극산화|무처리", "낙찰방식": "적격심사|최저가|협상|수의|제한경쟁",
        "과실구분": "신호위반|서행의무|안전거리|중앙선|추돌", "병동": "동관|서관|중환자실|신생아실|격리실", "생산지": "하양|오창|울릉|선산|가덕|온산", "식물": "백일홍|나리|개나리|수국|장미|고무나무|소나무",
    },
    "trial6": {
        "과정명": "용접|전산응용|제과|미용|조리|도배|승강기", "지위": "회장|감사|간사|이사|고문|위원|총무", "점검부위": "감지기|유도등|소화전|방화문|완강기|수신반", "출장국가": "체코|폴란드|인도네시아|멕시코|헝가리|대만",
        "시험항목": "인장|경도|수분|회분|함수율|조도|염분", "사건구분": "지급명령|가압류|경매|파산|개명|공탁", "전형": "서류|필기|면접|신체검사|채용검진", "상병": "폐렴|천식|백내장|요통|탈구|편도염",
        "연체구분": "정상|주의|연체|변제|유예|대위변제", "농산물": "고추|우엉|조생귤|홍로|배|자두|마", "배송메모": "문앞|경비실|직접|무인함|부재", "가전": "제습기|전기솥|안마기|선풍기|정수기",
    },
    "tune3": {
        "종": "푸들|진돗개|말티즈|코숏|이구아나|앵무새", "작물": "고구마|배추|마늘|조|수수|양파|모시", "운동": "요가|수영|배구|기계체조|유도|양궁", "표결": "찬성|반대|기권|무효|유보",
        "이사종류": "포장|반포장|보관|원룸|사무실", "장르": "소설|시|수필|만화|동화|고전", "꽃": "국화|백합|장미|안개꽃|금잔화",
    },
}  # fmt: skip
_TRAPS: dict[str, dict[str, tuple[str, ...]]] = {
    "tune": {
        "order": ("주문번호", "발주No", "order_id"), "serial": ("시리얼", "제조번호", "serial_no"), "lot": ("LOT", "로트번호"), "model": ("모델명", "품번"), "date": ("접수일", "date"),
        "amount": ("금액", "청구액"), "qty": ("수량", "재고"), "ip": ("IP", "접속주소"), "isbn": ("바코드", "ISBN"), "version": ("버전", "FW"), "coord": ("좌표", "위치"), "tracking": ("운송장번호", "송장"),
        "company": ("거래처", "고객사", "고객명"), "place": ("지역", "출발지", "공장"), "product": ("품목", "제품"), "dept": ("부서", "담당"), "five": ("품목코드", "창고코드"), "time": ("시각",),
        "six": ("제조일자", "yymmdd"), "ten": ("관리번호", "unix_time"), "dates8": ("생산일", "ymd"), "decimal": ("측정값", "온도"),
    },
    "trial2": {
        "order": ("접수번호", "품의번호", "PO_NO"), "serial": ("자산번호", "S/N", "기기번호"), "lot": ("배치번호", "lot_id"), "model": ("형식", "model_cd"), "date": ("등록일자", "reg_dt"),
        "amount": ("단가", "amt"), "qty": ("입고량", "qty"), "ip": ("host", "단말 IP"), "isbn": ("상품바코드", "EAN"), "version": ("rev", "SW버전"), "coord": ("위경도", "gps"), "tracking": ("송장번호", "배송번호"),
        "company": ("업체명", "납품처", "담당"), "place": ("도착지", "지점", "관할"), "product": ("장비명", "item_name"), "dept": ("소속", "담당부서"), "five": ("자재코드", "공정코드"), "time": ("check_time",),
        "six": ("입고일", "유효일"), "ten": ("이력번호", "epoch"), "dates8": ("납기", "base_ymd"), "decimal": ("압력", "val"),
    },
    "trial3": {
        "order": ("요청번호", "오더넘버", "doc_no"), "serial": ("일련번호", "장비ID", "device_sn"), "lot": ("로트", "batchNo"), "model": ("모델", "규격명"), "date": ("처리일자", "created_at"),
        "amount": ("결제금액", "price"), "qty": ("출고수량", "count"), "ip": ("접속IP", "src_ip"), "isbn": ("도서번호", "barcode"), "version": ("펌웨어", "app_version"), "coord": ("GPS좌표", "latlng"), "tracking": ("택배번호", "trackingNo"),
        "company": ("회사명", "공급사", "제조사"), "place": ("역명", "상차지", "근무지역"), "product": ("설비명", "productName"), "dept": ("근무부서", "처리부서"), "five": ("사양코드", "분류코드"), "time": ("입실시각",),
        "six": ("유통기한", "제조일"), "ten": ("티켓번호", "timestamp"), "dates8": ("기준일", "yyyymmdd"), "decimal": ("습도", "reading"),
    },
    "trial4": {
        "rcpt": ("고지번호", "민원번호", "rcpt_no"), "tag": ("관리 태그", "asset_tag"), "policy": ("증권번호", "policy_no"), "caseno": ("사건번호", "case_no"), "day": ("납기일", "기일"),
        "won": ("관리비", "청구 금액", "pay_amt"), "cnt": ("인원", "매수"), "host": ("접속단말", "ip_addr"), "gps": ("집결지 좌표", "xy"), "flight": ("항공편", "flight_no"), "unit": ("동호수", "호실"), "clock": ("예약시간", "하차시각"),
        "shop": ("협력사", "상호명", "하도급사"), "spot": ("여행지역", "발생장소", "등기소"), "item": ("습득품", "거래물품"), "team": ("담당팀", "부서명"), "cls": ("학급", "반"), "five": ("물품코드5", "노선코드"),
        "six": ("검침일", "발행ymd"), "ten": ("문서ID", "unix"), "dates8": ("납부기한", "기준ymd"), "decimal": ("체온", "검침량"), "role": ("직명", "맡은일"),
    },
    "trial5": {
        "wo": ("작업번호", "지시번호", "wo_no"), "dn": ("납품서번호", "화물추적번호", "dn_no"), "lotno": ("생산로트", "LOT_NO"), "partno": ("품번코드", "part_no"), "serialno": ("제조일련번호", "equip_sn"), "claimno": ("사고접수번호", "claim_no"),
        "docno": ("문서번호", "공고번호"), "badge": ("출입증번호", "badge_no"), "amt": ("공급가액", "손해액", "tot_amt"), "count": ("납품수량", "반입량"), "dday": ("납품기일", "발령일"), "hm": ("입문시각", "조치시각"),
        "ipaddr": ("단말주소", "ctrl_ip"), "firm": ("입찰업체", "발주처", "소속회사"), "place": ("현장지역", "경유지"), "gear": ("설비명칭", "대상기기"), "dept": ("방문부서", "발령부서"), "post": ("보직", "직책명"),
        "spot": ("설치구역", "순찰지점"), "word": ("증상구분", "고장내용"), "five": ("공정코드5", "거래처코드"), "six": ("검사일자", "출고ymd"), "ten": ("세션ID", "epoch_sec"), "dates8": ("계약일8", "work_dt"), "decimal": ("진공도", "두께"),
    },
    "trial6": {
        "docno": ("공문번호", "회람번호", "docu_no"), "certno": ("성적서번호", "시험번호", "cert_no"), "caseno": ("소송번호", "사건", "caseNum"), "policyno": ("보험증권", "증서번호", "plcy_no"), "parcel": ("등기송장", "택배송장", "parcel_no"),
        "serialno": ("제품일련번호", "인증코드", "prod_sn"), "partno": ("제품모델", "부속번호", "mdl"), "memberno": ("조합원번호", "수험번호", "mbr_no"), "amt": ("출자금", "수수료", "loan_amt"), "count": ("응시인원", "시료수", "cnt_val"),
        "dday": ("출장기간", "만기일", "검사예정"), "hm": ("방문시간대", "훈련시각"), "ipaddr": ("접속 주소", "login_ip"), "firm": ("회원사", "점검업체", "의뢰기관"), "place": ("고사장", "출장지역"), "gear": ("보증제품", "시험기기"),
        "dept": ("심사부서", "접수처"), "post": ("직함", "임원구분"), "spot": ("점검위치", "시험실"), "word": ("심사구분", "항목구분"), "lotno": ("시료로트", "BATCH_ID"),
        "five": ("지점코드", "농가코드"), "six": ("수료일", "검정ymd"), "ten": ("콜ID", "req_ts"), "dates8": ("발급일8", "appl_dt"), "decimal": ("당도", "불확도"),
    },
    "tune3": {
        "code": ("청구기호", "의안번호", "item_code"), "when": ("예식일시", "예정"), "sum": ("수강료", "벌금"), "many": ("수량/마리", "득표"), "firm": ("제휴업체", "상조회사"), "town": ("공판장", "행선지"),
        "thing": ("대여물품", "답례품"), "mood": ("구분", "사유"), "five": ("서가번호", "락커코드"), "six": ("파종일", "폐기일"), "ten": ("칩번호", "로그ID"), "dates8": ("반납예정일", "dt8"), "decimal": ("체지방", "수온"),
    },
}  # fmt: skip


def _value(rng: Random, words: dict[str, list[str]], kind: str) -> str:
    whole = {
        "resident_number": v.rrn, "foreigner_number": v.frn, "business_number": v.brn, "corporate_number": v.crn, "driver_licence": v.licence, "passport": v.passport,
        "phone": v.phone, "account": v.account, "card": v.card, "email": v.email, "vehicle_plate": v.plate, "postal_code": v.postal,
        "five": lambda r: v.digits(r, 5), "six": lambda r: v.birth(r, 2019, 2026)[1], "ten": lambda r: "1" + v.digits(r, 9), "dates8": lambda r: "20" + v.birth(r, 2019, 2026)[1],
        "decimal": lambda r: f"{r.uniform(0, 300):.2f}",
    }.get(kind)  # fmt: skip
    if whole:
        return whole(rng)
    if kind == "address":
        return address(rng, words, "address")[0]
    if kind == "name":
        draw = rng.random()
        if draw < 0.05:
            return expanded(
                rng, words, rng.choice(words.get("foreign", [*v.FOREIGN_HANGUL, *v.FOREIGN_LATIN]))
            )
        return v.name(rng, words["given"])
    return expanded(rng, words, rng.choice(words[kind])) if kind in words else str(getattr(v, kind)(rng))


def _dirtied(rng: Random, value: str, kind: str, level: float) -> str:
    if rng.random() > level:
        return value
    change = rng.choice(["space", "note", "quote", "wide", "twice", "own"])
    if change == "space":
        return f" {value} "
    if change == "note":
        return value + rng.choice(["(본인)", " (구)", "(변경)", " *"])
    if change == "quote":
        return f"'{value}"
    if change == "wide" and value.isascii():
        return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in value)
    if change == "own" and kind == "name":
        return rng.choice([value + "님", value + " 외 1", value[0] + " " + value[1:], value + "씨"])
    return value


def _filled(rng: Random, name: str, kinds: list[str], one_shape: bool) -> tuple[str | None, ...]:
    words, level = split(name).words, rng.choice([0.0, 0.03, 0.1, 0.2])
    gaps, missing = (
        rng.choice([0.0, 0.02, 0.1, 0.35]),
        rng.sample(_MISSING[name if name in _MISSING else "trial2"], 2),
    )
    lost_zero = kinds == ["phone"] and rng.random() < 0.08
    out: list[str | None] = []
    for _ in range(rng.choice([25, 60, 120])):
        kind = rng.choice(kinds)
        if rng.random() < gaps:
            out.append(rng.choice(missing))
            continue
        value = _value(rng, words, kind)
        if (
            one_shape
            and kind
            in ("resident_number", "foreigner_number", "card", "phone", "business_number", "corporate_number")
            and not value.startswith("+")
        ):
            value = "".join(c for c in value if c.isdigit())
        if lost_zero:
            value = "".join(c for c in v.mobile(rng) if c.isdigit()).lstrip("0")
        out.append(_dirtied(rng, value, kind, level))
    return tuple(out)


def _labelled(rng: Random, name: str, kind: str) -> Column:
    manner = rng.choices(["clear", "short", "none", "misleading"], [60, 10, 16, 14])[0]
    if kind in ("postal_code", "account") and manner != "short":
        manner = "clear"
    if manner == "short" and kind not in _ABBREVIATED:
        manner = "clear"
    header = {
        "clear": lambda: rng.choice(_HEADERS[name][kind].split("|")), "short": lambda: _ABBREVIATED[kind],
        "none": lambda: rng.choice(_NONE), "misleading": lambda: rng.choice(_MISLEADING[name]),
    }[manner]()  # fmt: skip
    return Column(header, _filled(rng, name, [kind], rng.random() < 0.2), frozenset([kind]), manner, kind)


def _trap(rng: Random, name: str) -> Column:
    if rng.random() < 0.3:
        header, words = rng.choice(list(_WORDS[name].items()))
        values = tuple(rng.choice(words.split("|")) for _ in range(rng.choice([25, 60, 120])))
        return Column(
            rng.choice([header, header, rng.choice(_NONE)]), values, frozenset(), "trap", f"words {header}"
        )
    kind, headers = rng.choice(list(_TRAPS[name].items()))
    return Column(
        rng.choice([*headers, *headers, rng.choice(_NONE)]),
        _filled(rng, name, [kind], False),
        frozenset(),
        "trap",
        kind,
    )


WITH_COLUMNS = frozenset(_HEADERS)
"""Splits that have headers and traps of their own; trial7 has sentences alone."""


def columns(name: str, count: int, seed: int) -> Iterator[Column]:
    """`count` columns: three in five labelled (the types in turn), a few mixed, the rest traps."""
    rng, kinds = Random(seed), list(_HEADERS["tune"])
    mixed: list[tuple[str, list[str]]] = [
        ("연락수단", ["phone", "email"]),
        ("주민(외국인)등록번호", ["resident_number", "resident_number", "foreigner_number"]),
    ]
    makers: list[Callable[[int], Column]] = [
        lambda index: _labelled(rng, name, kinds[index % len(kinds)]),
        lambda index: _trap(rng, name),
    ]
    for index in range(count):
        if index % 40 == 39:
            header, together = mixed[index // 40 % 2]
            yield Column(
                header, _filled(rng, name, together, False), frozenset(together), "mixed", "+".join(together)
            )
        else:
            yield makers[0 if index % 5 < 3 else 1](index)
