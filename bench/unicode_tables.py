# Writes src/Nonet.Core/Text/Unicode/unicode.txt: python3 bench/unicode_tables.py > src/Nonet.Core/Text/Unicode/unicode.txt
# Decompositions and combining classes are the Unicode Character Database's (unicodedata of Python), limited to the characters that tokenizers 0.23 knows;
# the sets are what tokenizers 0.23 takes for each property: its parts follow Unicode 8 to 17.
import unicodedata as u
from tokenizers import Regex, normalizers, pre_tokenizers

CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid
Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari
Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi
Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha
Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui
Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian
Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra
Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham
Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi
Yezidi Yi Zanabazar_Square""".split()


def ranges(codes):
    found = []
    for c in sorted(codes):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in found)


def where(normalizer, text):
    return {c for c in CODES if normalizer.normalize_str(chr(c)) == text}


def cut(pre_tokenizer, pieces):
    return {c for c in CODES if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "b")) == pieces}


def regex(pattern):
    return where(normalizers.Replace(Regex(pattern), ""), "")


def bert(**on):
    return normalizers.BertNormalizer(**{k: on.get(k, False) for k in ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")})


marks = where(normalizers.StripAccents(), "")
print("set mark", ranges(marks))
print("set bert-mark", ranges(where(bert(strip_accents=True), "")))
print("set bert-control", ranges(where(bert(clean_text=True), "")))
print("set bert-punctuation", ranges(cut(pre_tokenizers.BertPreTokenizer(), 3)))
print("set number", ranges(cut(pre_tokenizers.Digits(individual_digits=True), 3)))
print("set word", ranges(cut(pre_tokenizers.Whitespace(), 1)))
print("set regex-word", ranges(regex(r"\w")))
print("set alphabetic", ranges(regex(r"\p{Alphabetic}")))
print("set regex-punctuation", ranges(regex(r"[[:punct:]]")))
scripts = pre_tokenizers.UnicodeScripts()
print("set no-script", ranges(c for c in CODES if all(len(scripts.pre_tokenize_str(n + chr(c) + n)) == 1 for n in "aα")))
for script in SCRIPTS:
    print("script", script, ranges(regex(rf"\p{{{script}}}")))
lower = normalizers.Lowercase()
for c in CODES:
    if lower.normalize_str(chr(c)) != chr(c).lower():
        print("lower", f"{c:X}", " ".join(f"{ord(x):X}" for x in lower.normalize_str(chr(c))))
theirs = {form: getattr(normalizers, form)() for form in ("NFD", "NFKD")}
for c in CODES:
    mapping = u.decomposition(chr(c))
    if mapping and not 0xAC00 <= c <= 0xD7A3:  # Hangul is arithmetic
        form = "NFKD" if mapping[0] == "<" else "NFD"
        if theirs[form].normalize_str(chr(c)) == u.normalize(form, chr(c)):
            composes = u.normalize("NFC", u.normalize("NFD", chr(c))) == chr(c)
            print("k" if form == "NFKD" else "c" if composes else "d", f"{c:X}", " ".join(m.lstrip("0") for m in mapping.split() if m[0] != "<"))
classes = {}
for c in CODES:
    if u.combining(chr(c)) and c in marks:
        classes.setdefault(u.combining(chr(c)), []).append(c)
for n, codes in sorted(classes.items()):
    print("class", n, ranges(codes))
