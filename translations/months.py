"""The months in the languages we look for them, as dates name them ("/" between two ways). From CLDR 46, all but Haitian Creole, for which
it has French. A table of our own because reading a dozen locales costs 17 MiB, and a sweep needs one."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES: Mapping[str, str] = {
    "en": "january february march april may june july august september october november december",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ht": "janvye fevriye mas avril me jen jiyè out septanm oktòb novanm desanm",
    "so": "janaayo/jannaayo febraayo maarso abriil maayo juun luulyo agosto/ogosto sebtembar/sebteembar oktoobar noofeembar diseembar",
    "ru": "января/январь февраля/февраль марта/март апреля/апрель мая/май июня/июнь июля/июль августа/август сентября/сентябрь"
    " октября/октябрь ноября/ноябрь декабря/декабрь",
    "uk": "січня/січень лютого/лютий березня/березень квітня/квітень травня/травень червня/червень липня/липень серпня/серпень"
    " вересня/вересень жовтня/жовтень листопада/листопад грудня/грудень",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ur": "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر",
}  # fmt: skip

MONTHS: Mapping[str, Mapping[str, int]] = {
    lang: {word: number for number, ways in enumerate(names.split(), 1) for word in ways.split("/")} for lang, names in _NAMES.items()
}
"""Language -> name of a month, in small letters -> its number."""
