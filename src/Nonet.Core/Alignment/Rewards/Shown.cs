namespace Nonet.Alignment.Rewards;

/// <summary>Texts in messages.</summary>
static class Shown
{
    const int Most = 60;

    public static string Of(string text) => (text.Length <= Most ? text : text[..Most] + "...").Replace("\n", "\\n", StringComparison.Ordinal);
}
