namespace Nonet.Inference.Constraints.Json;

/// <summary>Formats of JSON Schema (validation vocabulary, section 7.3) as regular expressions over whole values.</summary>
static class StringFormats
{
    const string Zone = "(Z|z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
    const string Time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?" + Zone; // RFC 3339, without leap seconds
    const string LeapYear = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
    const string Date = "(\\d{4}-(((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01]))|((0[469]|11)-(0[1-9]|[12]\\d|30))|(02-(0[1-9]|1\\d|2[0-8])))|" + LeapYear
        + "-02-29)";
    const string Duration =
        "P((\\d+Y(\\d+M(\\d+D)?)?|\\d+M(\\d+D)?|\\d+D)(T(\\d+H(\\d+M(\\d+S)?)?|\\d+M(\\d+S)?|\\d+S))?|T(\\d+H(\\d+M(\\d+S)?)?|\\d+M(\\d+S)?|\\d+S)|\\d+W)";
    const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    const string Host = Label + "(\\." + Label + ")*";
    const string Atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    const string Octet = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    const string Ipv4 = Octet + "(\\." + Octet + "){3}";
    const string Group = "[0-9A-Fa-f]{1,4}";
    const string Last = "(" + Group + ":" + Group + "|" + Ipv4 + ")"; // ls32 of RFC 3986
    const string Ipv6 =
        "((" + Group + ":){6}" + Last + "|::(" + Group + ":){5}" + Last + "|(" + Group + ")?::(" + Group + ":){4}" + Last + "|((" + Group + ":){0,1}" + Group
        + ")?::(" + Group + ":){3}" + Last
        + "|((" + Group + ":){0,2}" + Group + ")?::(" + Group + ":){2}" + Last + "|((" + Group + ":){0,3}" + Group + ")?::" + Group + ":" + Last + "|(("
        + Group + ":){0,4}" + Group + ")?::" + Last
        + "|((" + Group + ":){0,5}" + Group + ")?::" + Group + "|((" + Group + ":){0,6}" + Group + ")?::)";

    // RFC 3986, appendix A.
    const string Escaped = "%[0-9A-Fa-f]{2}";
    const string Plain = "[A-Za-z0-9._~!$&'()*+,;=-]";
    const string Character = "(" + Plain + "|[:@]|" + Escaped + ")";
    const string Authority =
        "((" + Plain + "|:|" + Escaped + ")*@)?(\\[(" + Ipv6 + "|[Vv][0-9A-Fa-f]+\\.(" + Plain + "|:)+)\\]|(" + Plain + "|" + Escaped + ")*)(:\\d*)?";
    const string Segments = "(/" + Character + "*)*";
    const string Tail = "(\\?(" + Character + "|[/?])*)?(#(" + Character + "|[/?])*)?";
    const string Scheme = "[A-Za-z][A-Za-z0-9+.-]*";
    const string Uri = Scheme + ":(//" + Authority + Segments + "|/(" + Character + "+" + Segments + ")?|" + Character + "+" + Segments + ")?" + Tail;
    const string NoColon = "(" + Plain + "|@|" + Escaped + ")+";
    const string UriReference = "(" + Uri + "|(//" + Authority + Segments + "|/(" + Character + "+" + Segments + ")?|" + NoColon + Segments + ")?" + Tail + ")";
    const string Pointer = "(/([^~/]|~[01])*)*";

    static readonly Dictionary<string, string> patterns = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "[Tt]" + Time,
        ["duration"] = Duration,
        ["email"] = Atom + "(\\." + Atom + ")*@" + Host,
        ["hostname"] = Host,
        ["ipv4"] = Ipv4,
        ["ipv6"] = Ipv6,
        ["uri"] = Uri,
        ["uri-reference"] = UriReference,
        ["uuid"] = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        ["json-pointer"] = Pointer,
        ["relative-json-pointer"] = "(0|[1-9]\\d*)(#|" + Pointer + ")",
    };

    public static IEnumerable<string> Names => patterns.Keys;

    /// <summary>The pattern of a format, which whole values must match; null for an unknown format.</summary>
    public static string? PatternOf(string format) => patterns.GetValueOrDefault(format);
}
