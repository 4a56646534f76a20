using System.Text.RegularExpressions;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// Detects ten words in another language among English ones: by letters that English does not have, or by the most frequent words of French, German, Spanish,
/// Italian, Portuguese and Dutch. It is not a language detector: it only looks for texts that are worth trying.
/// </summary>
static partial class ForeignWords
{
    /// <summary>Number of words in a chunk, as in the paper.</summary>
    const int Chunk = 10;

    /// <summary>Minimum number of words of a chunk that must indicate a language.</summary>
    const int Least = 3;

    static readonly HashSet<string> english = Words("""
        the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you were their one all we can her has
        there been if more when will would who so no she other its may these what them than some him time into only do such my new about out also two any up
        first our could then like your how said each most over after between where through because before many those
        """);

    static readonly HashSet<string> foreign = Words("""
        le la les des du un une et est que qui dans pour pas sur avec il elle nous vous ne plus au aux ce cette ses son sont par mais ou comme tout
        der die das und ist nicht ein eine einer eines dem den mit von zu auf für im sich auch es an als wir ich sie er wie aber nach bei aus noch nur wird
        el los las una y en que de se por con para su lo como más pero sus al del este esta muy sin sobre también hay
        il lo gli della di che è un una per non con sono nel alla dei delle anche ma più come questo questa dal
        o os as um uma e do da em não com se na no dos mais como mas ao ele das seu sua ou quando muito nos já está
        de het een en van ik te dat die in niet zijn op aan met als voor er maar om hem dan zou wat mijn men dit zo door over ze zich bij ook tot je
        """);

    static readonly HashSet<string> both = [.. english.Intersect(foreign)];

    /// <summary>Whether a text has a foreign chunk of ten words with English chunks before and after it.</summary>
    public static bool StandAmongEnglish(string text)
    {
        var kinds = new List<(bool English, bool Foreign)>();
        foreach (var match in LetterRuns().EnumerateMatches(text))
        {
            var word = text.Substring(match.Index, match.Length).ToLowerInvariant();
            kinds.Add((english.Contains(word) && !both.Contains(word), (foreign.Contains(word) && !both.Contains(word)) || word.Any(c => c > 'ɏ')));
        }
        var (before, middle) = (false, false);
        for (var i = 0; i + Chunk <= kinds.Count; i++)
        {
            var (own, other) = (0, 0);
            for (var j = i; j < i + Chunk; j++)
                (own, other) = (own + (kinds[j].English ? 1 : 0), other + (kinds[j].Foreign ? 1 : 0));
            var isEnglish = own >= Least && other == 0;
            if (middle && isEnglish)
                return true;
            before |= isEnglish;
            middle |= before && other >= Least && own == 0;
        }
        return false;
    }

    static HashSet<string> Words(string list) => [.. list.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)];

    [GeneratedRegex(@"[\p{L}\p{M}']+")]
    private static partial Regex LetterRuns();
}
