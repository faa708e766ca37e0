"""Questions in other languages than English, each with documents on it and what a good writer makes of them."""

from collections.abc import Sequence
from typing import NamedTuple


class Case(NamedTuple):
    """A question in some language, with documents on it and a plan for its report."""

    question: str
    title: str
    sections: Sequence[str]
    subsections: Sequence[str]
    """Of the first section."""
    asked: str
    """What the subsections are for."""
    open: str
    """What nobody finds out."""
    topic: str
    """What the first document and the last disagree on."""
    documents: Sequence[str]
    """Sentence by sentence on the sections and then on the subsections. The last only disagrees with the first."""


CASES = {
    "de": Case(
        "Wie viele Fahrgäste befördern Straßenbahnen und Busse, und was kostet ihr Bau?",
        "Was Straßenbahnen und Busse befördern und kosten",
        ("Leistung der Straßenbahnen und Busse", "Kosten beim Bau der Strecken"),
        ("Haltbarkeit von Schienen und Batterien", "Strom für die Fahrzeuge"),
        "Wie lange halten die Schienen der Straßenbahnen und die Batterien der Busse?",
        "Wer bezahlt den Betrieb der Linien?",
        "Fahrgäste einer Straßenbahn in der Stunde",
        (
            (
                "# Straßenbahnen\n\nEine Straßenbahn befördert bis zu 9.000 Fahrgäste in der Stunde und Richtung. "
                "Der Bau einer Strecke für Straßenbahnen kostet zwischen 15 und 40 Millionen Euro je Kilometer. "
                "Die Schienen einer Strecke halten etwa dreißig Jahre, bevor sie erneuert werden müssen. "
                "Den Strom nehmen die Wagen aus einem Fahrdraht, der über der Straße hängt.\n"
            ),
            (
                "# Busse\n\nEine Busspur befördert bis zu 4.000 Fahrgäste in der Stunde und Richtung. Der Bau einer "
                "Spur für Busse kostet etwa eine Million Euro je Kilometer. Die Batterien eines Busses halten rund "
                "zwölf Jahre, danach werden sie durch neue ersetzt. Ihren Strom laden sie nachts im Depot oder an den "
                "letzten Haltestellen der Linie.\n"
            ),
            (
                "# Schienenverkehr\n\nEine Straßenbahn befördert nach einer anderen Erhebung bis zu 12.000 Fahrgäste "
                "in der Stunde und Richtung.\n"
            ),
        ),
    ),
    "zh": Case(
        "有轨电车和公交车道各能运送多少乘客，建设成本是多少？",
        "有轨电车和公交车道的运力与建设成本",
        ("有轨电车与公交车道的运力", "线路的建设成本与造价"),
        ("钢轨与电池的使用寿命", "车辆的电力来源与充电"),
        "有轨电车的钢轨和公交车的电池使用寿命有多长？",
        "线路的日常运营费用由谁来承担？",
        "有轨电车每小时运送的乘客",
        (
            (
                "# 有轨电车\n\n一条有轨电车线路每小时单向最多可运送9000名乘客，是城市里常见的交通方式。"
                "修建有轨电车线路的建设成本为每公里一千五百万至四千万欧元。"
                "有轨电车的钢轨大约可以使用三十年，之后必须整体更换。"
                "车辆通过悬挂在街道上方的架空电线获得运行所需的电力。\n"
            ),
            (
                "# 公交车道\n\n一条公交车道每小时单向最多可运送4000名乘客，道路封闭时还可以改变路线。"
                "修建公交车道的建设成本约为每公里一百万欧元，远低于轨道线路。"
                "公交车电池的使用寿命约为十二年，到期后由新的电池替换。"
                "电池夜间在车库充电，白天也可以在终点站补充电能。\n"
            ),
            "# 轨道交通\n\n另一项调查认为，一条有轨电车线路每小时单向最多可运送12000名乘客。\n",
        ),
    ),
    "ja": Case(
        "路面電車とバスはどれだけの乗客を運び、建設費はいくらですか？",
        "路面電車とバスの輸送力と建設費",
        ("路面電車とバスの輸送力の比較", "路線ごとにかかる建設費"),
        ("レールと電池の寿命の長さ", "電力の供給と充電の方法"),
        "レールと電池の寿命はどれくらいで、電力はどこから来ますか？",
        "路線の運営費は誰が負担していますか？",
        "路面電車が一時間に運ぶ乗客",
        (
            (
                "# 路面電車\n\n路面電車の路線は一時間に片方向で最大9000人の乗客を運ぶことができる。"
                "路面電車の路線の建設費は一キロメートルあたり千五百万から四千万ユーロである。"
                "路面電車のレールの寿命はおよそ三十年で、その後に交換される。"
                "車両は道路の上に張られた架線から走行に必要な電力を受け取る。\n"
            ),
            (
                "# バス\n\nバス専用レーンは一時間に片方向で最大4000人の乗客を運ぶことができる。"
                "バス専用レーンの建設費は一キロメートルあたり約百万ユーロにとどまる。"
                "バスの電池の寿命は約十二年で、その後は新しい電池に置き換えられる。"
                "電池の充電は夜間に車庫で行われ、終点の停留所でも行うことができる。\n"
            ),
            "# 鉄道\n\n別の調査によれば、路面電車の路線は一時間に片方向で最大12000人の乗客を運ぶことができる。\n",
        ),
    ),
    "ar": Case(
        "كم عدد الركاب الذين ينقلهم الترام والحافلات، وكم تبلغ كلفة البناء؟",
        "ما ينقله الترام والحافلات من ركاب وكلفة البناء",
        ("سعة نقل الركاب في الترام والحافلات", "كلفة بناء الخطوط والمسارات"),
        ("عمر القضبان والبطاريات", "مصادر الكهرباء وشحن الحافلات"),
        "كم تدوم القضبان والبطاريات، ومن أين تأتي الكهرباء؟",
        "من يدفع تكاليف تشغيل الخطوط كل عام؟",
        "عدد ركاب الترام في الساعة",
        (
            (
                "# الترام\n\nينقل خط الترام ما يصل إلى 9000 راكب في الساعة في كل اتجاه. تبلغ كلفة بناء خط الترام "
                "ما بين خمسة عشر وأربعين مليون يورو للكيلومتر. تدوم القضبان نحو ثلاثين عامًا قبل أن يلزم استبدالها "
                "بقضبان جديدة. تستمد العربات الكهرباء من سلك معلق فوق الشارع على طول الخط.\n"
            ),
            (
                "# الحافلات\n\nينقل مسار الحافلات ما يصل إلى 4000 راكب في الساعة في كل اتجاه. تبلغ كلفة بناء "
                "مسار الحافلات نحو مليون يورو للكيلومتر. تدوم البطاريات في الحافلات نحو اثني عشر عامًا ثم تحل محلها "
                "أخرى جديدة. تشحن الحافلات ليلًا في المرآب أو عند المحطة الأخيرة من الخط.\n"
            ),
            "# النقل\n\nبحسب دراسة أخرى ينقل خط الترام ما يصل إلى 12000 راكب في الساعة في كل اتجاه.\n",
        ),
    ),
}
