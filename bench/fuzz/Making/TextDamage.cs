using System.Text;

namespace Nonet.Fuzz.Making;

/// <summary>Damage to a file of lines: some repeated, lost, exchanged, cut, or with odd text and numbers in them.</summary>
static class TextDamage
{
    public static byte[] Of(string seed, Dice dice)
    {
        var lines = seed.Split('\n').ToList();
        for (var times = 1 + dice.Below(3); times > 0 && lines.Count > 0; times--)
        {
            var at = dice.Below(lines.Count);
            var column = dice.Below(lines[at].Length + 1);
            switch (dice.Below(10))
            {
                case 0: lines.RemoveAt(at); break;
                case 1: lines.InsertRange(at, Enumerable.Repeat(lines[at], dice.Of(1, 1, 3, 500))); break;
                case 2: lines[at] = lines[dice.Below(lines.Count)]; break;
                case 3: lines[at] = lines[at][..column]; break;
                case 4: lines[at] += dice.Text(); break;
                case 5:
                    lines[at] = lines[at].Replace(dice.Of("\t", " ", ",", ":", "\"", "="), dice.Of("", "\t\t", " ", "\"", "'"), StringComparison.Ordinal);
                    break;
                case 6:
                    var digits = lines[at].ToCharArray();
                    if (Array.FindIndex(digits, char.IsAsciiDigit) is >= 0 and var place)
                        lines[at] = lines[at][..place] + dice.Number().ToString(System.Globalization.CultureInfo.InvariantCulture) + lines[at][(place + 1)..];
                    break;
                default: lines[at] = lines[at].Insert(column, dice.Text()); break;
            }
        }
        var bytes = Encoding.UTF8.GetBytes(string.Join(dice.OneIn(12) ? dice.Of("\r", "\r\n", "\n\n", "\u2028") : "\n", lines));
        return dice.Below(16) switch
        {
            0 => ByteDamage.Of(bytes, dice),
            1 => [0xEF, 0xBB, 0xBF, .. bytes],
            2 => Encoding.Unicode.GetBytes("\ufeff" + Encoding.UTF8.GetString(bytes)),
            3 => [.. bytes, 0xC3],
            _ => bytes,
        };
    }
}
