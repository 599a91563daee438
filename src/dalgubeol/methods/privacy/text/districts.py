"""The cities, counties and districts of Korea by name (시·군·구, 2024): facts of public administration.

They tell where an address begins that is written together with the word before it (현장공주시 옥암동 315).
"""

from __future__ import annotations

_CITIES = """
    수원 성남 의정부 안양 부천 광명 평택 동두천 안산 고양 과천 구리 남양주 오산 시흥 군포 의왕 하남 용인 파주 이천 안성 김포 화성 광주
    양주 포천 여주 춘천 원주 강릉 동해 태백 속초 삼척 청주 충주 제천 천안 공주 보령 아산 서산 논산 계룡 당진 전주 군산 익산 정읍 남원
    김제 목포 여수 순천 나주 광양 포항 경주 김천 안동 구미 영주 영천 상주 문경 경산 창원 진주 통영 사천 김해 밀양 거제 양산 제주 서귀포
    서울 부산 대구 인천 대전 울산 세종
"""
_COUNTIES = """
    연천 가평 양평 홍천 횡성 영월 평창 정선 철원 화천 양구 인제 고성 양양 보은 옥천 영동 증평 진천 괴산 음성 단양 금산 부여 서천 청양
    홍성 예산 태안 완주 진안 무주 장수 임실 순창 고창 부안 담양 곡성 구례 고흥 보성 화순 장흥 강진 해남 영암 무안 함평 영광 장성 완도
    진도 신안 의성 청송 영양 영덕 청도 고령 성주 칠곡 예천 봉화 울진 울릉 의령 함안 창녕 남해 하동 산청 함양 거창 합천 달성 군위 기장
    강화 옹진 울주
"""
_BOROUGHS = """
    종로 용산 성동 광진 동대문 중랑 성북 강북 도봉 노원 은평 서대문 마포 양천 강서 구로 금천 영등포 동작 관악 서초 강남 송파 강동 영도
    부산진 동래 해운대 사하 금정 연제 수영 사상 수성 달서 미추홀 연수 남동 부평 계양 광산 유성 대덕 장안 권선 팔달 영통 수정 중원 분당
    만안 동안 상록 단원 덕양 일산동 일산서 처인 기흥 수지 상당 서원 흥덕 청원 동남 서북 완산 덕진 의창 성산 마산합포 마산회원 진해 원미
    소사 오정
"""
DISTRICTS = frozenset(
    name + suffix
    for names, suffix in ((_CITIES, "시"), (_COUNTIES, "군"), (_BOROUGHS, "구"))
    for name in names.split()
) | {"대구", "중구", "동구", "서구", "남구", "북구"}
NO_DISTRICTS = frozenset(
    [
        "요구",
        "연구",
        "친구",
        "기구",
        "도구",
        "가구",
        "입구",
        "출구",
        "지구",
        "야구",
        "농구",
        "축구",
        "배구",
        "당구",
        "탁구",
        "촉구",
        "청구",
        "신청구",
        "창구",
        "배수구",
        "환기구",
        "투입구",
        "비상구",
        "출입구",
        "항구",
        "영구",
        "전구",
        "공구",
        "다시",
        "즉시",
        "표시",
        "임시",
        "일시",
        "수시",
        "전시",
        "당시",
        "잠시",
        "혹시",
        "역시",
        "지시",
        "게시",
        "실시",
        "제시",
        "공시",
        "고시",
        "동시",
        "상시",
        "몇시",
        "반드시",
        "접시",
        "택시",
        "개시",
        "명시",
        "감시",
        "응시",
        "일시",
        "장군",
        "국군",
        "아군",
        "해군",
        "공군",
        "육군",
        "적군",
        "학군",
        "후보군",
        "제품군",
        "실험군",
        "대조군",
        "환자군",
        "업종군",
    ]
)
"""Words that end as a district does."""


def known_end(word: str) -> int:
    """Where in `word` a known district begins that ends it; 0 where the whole is one, or none is."""
    if word in DISTRICTS:
        return 0
    return next((place for place in range(1, len(word) - 1) if word[place:] in DISTRICTS), 0)
