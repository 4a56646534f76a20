using System.Globalization;
using System.Text.Json;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// Writes numbers of a config.json. Fields that transformers reads as floats are written as 30.0, because it does not accept the integer 30 as a
/// float.
/// </summary>
static class ConfigNumbers
{
    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    public static void WriteRealOrNull(this Utf8JsonWriter json, string name, float? value)
    {
        if (value is { } number)
            json.WriteReal(name, number);
        else
            json.WriteNull(name);
    }

    public static void WriteReal(this Utf8JsonWriter json, string name, double value) => Write(json, name, value.ToString("R", CultureInfo.InvariantCulture));

    public static void WriteReal(this Utf8JsonWriter json, string name, float value) => Write(json, name, value.ToString("R", CultureInfo.InvariantCulture));

    static void Write(Utf8JsonWriter json, string name, string number)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(number.AsSpan().ContainsAny('.', 'E') ? number : number + ".0");
    }
}
