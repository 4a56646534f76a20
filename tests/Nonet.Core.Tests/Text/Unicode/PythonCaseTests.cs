using System.Text;
using System.Text.Json;
using Nonet.Text.Unicode;

namespace Nonet.Tests.Text.Unicode;

public class PythonCaseTests
{
    [Theory]
    [InlineData("straße", "STRASSE", "straße", "Straße", "Straße", "strasse")]
    [InlineData("THE Cat İs ON", "THE CAT İS ON", "the cat i\u0307s on", "The Cat İs On", "The cat i\u0307s on", "the cat i\u0307s on")]
    [InlineData("ΟΔΟΣ ΣΑΣ", "ΟΔΟΣ ΣΑΣ", "οδος σας", "Οδος Σας", "Οδος σας", "οδοσ σασ")]
    [InlineData("ﬁn ǆ ŉ", "FIN Ǆ ʼN", "ﬁn ǆ ŉ", "Fin ǅ ʼN", "Fin ǆ ŉ", "fin ǆ ʼn")]
    public void Cases_are_pythons(string text, string upper, string lower, string title, string capitalized, string folded) =>
        Assert.Equal([upper, lower, title, capitalized, folded],
            new[] { PythonCase.Upper(text), PythonCase.Lower(text), PythonCase.Title(text), PythonCase.Capitalize(text), PythonCase.Fold(text) });

    [Fact]
    public void Every_character_is_cased_as_python_does()
    {
        const string Script = """
            import sys, json
            codes = [c for c in range(0x110000) if not 0xd800 <= c < 0xe000]
            def odd(f): return {'%x' % c: f(chr(c)) for c in codes if f(chr(c)) != chr(c)}
            json.dump([odd(str.upper), odd(str.lower), odd(str.capitalize), odd(str.casefold)], open(sys.argv[1] + '/out.json', 'w'))
            """;
        using var peer = new Peer();
        peer.Python("-c", Script, peer.Inside);
        var theirs = JsonSerializer.Deserialize<Dictionary<string, string>[]>(File.ReadAllText(Path.Combine(peer.Folder, "out.json")))!;
        Func<string, string>[] ours = [PythonCase.Upper, PythonCase.Lower, PythonCase.Capitalize, PythonCase.Fold];
        var different = new List<string>();
        for (var c = 0; c < 0x110000; c++)
        {
            if (!Rune.IsValid(c))
                continue;
            var text = new Rune(c).ToString();
            for (var i = 0; i < ours.Length; i++)
            {
                if (ours[i](text) is var got && theirs[i].GetValueOrDefault($"{c:x}", text) is var wanted && got != wanted)
                    different.Add($"{i} U+{c:X4}: {string.Join('+', got.EnumerateRunes().Select(r => $"{r.Value:X}"))}, there "
                        + $"{string.Join('+', wanted.EnumerateRunes().Select(r => $"{r.Value:X}"))}");
            }
        }
        Assert.True(different.Count == 0, $"{different.Count}\n" + string.Join("\n", different.Take(200)));
    }
}
