using System.Globalization;
using System.Text.Json;

namespace Nonet.Checkpoints.Families;

/// <summary>Numbers that transformers reads as floats: 30.0, which it does not take for the integer 30.</summary>
static class RealNumbers
{
    public static void WriteReal(this Utf8JsonWriter json, string name, double value) => Write(json, name, value.ToString("R", CultureInfo.InvariantCulture));

    public static void WriteReal(this Utf8JsonWriter json, string name, float value) => Write(json, name, value.ToString("R", CultureInfo.InvariantCulture));

    static void Write(Utf8JsonWriter json, string name, string number)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(number.AsSpan().ContainsAny('.', 'E') ? number : number + ".0");
    }
}
