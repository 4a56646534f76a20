using System.Buffers;

namespace Nonet.Data.Corpora;

/// <summary>Handles NaN, Infinity and -Infinity, which Python's json module writes although JSON does not allow them.</summary>
static class LenientJson
{
    /// <summary>The same JSON with null in place of such numbers; null if it contains none. Text inside strings does not change.</summary>
    public static byte[]? WithoutOddNumbers(ReadOnlySpan<byte> json)
    {
        ArrayBufferWriter<byte>? result = null;
        var (kept, inString) = (0, false);
        for (var at = 0; at < json.Length; at++)
        {
            if (inString)
            {
                if (json[at] == '\\')
                    at++;
                else if (json[at] == '"')
                    inString = false;
                continue;
            }
            if (json[at] == '"')
                inString = true;
            var rest = json[at..];
            var length = rest.StartsWith("NaN"u8) ? 3 : rest.StartsWith("Infinity"u8) ? 8 : rest.StartsWith("-Infinity"u8) ? 9 : 0;
            if (length == 0)
                continue;
            result ??= new ArrayBufferWriter<byte>(json.Length + 16);
            result.Write(json[kept..at]);
            result.Write("null"u8);
            kept = at + length;
            at = kept - 1;
        }
        result?.Write(json[kept..]);
        return result?.WrittenSpan.ToArray();
    }
}
