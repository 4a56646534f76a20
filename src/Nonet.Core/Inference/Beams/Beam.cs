namespace Nonet.Inference.Beams;

/// <summary>The hypotheses of one source: those that still grow and those that have ended.</summary>
sealed class Beam(BeamOptions options, int mostTokens)
{
    readonly List<Hypothesis> ended = []; // best first

    /// <summary>Growing hypotheses, best first. The list starts with the empty hypothesis and is empty when the search is over.</summary>
    public List<Growing> Alive { get; private set; } = [new Growing(null, 0)];

    /// <summary>Number of tokens in each growing hypothesis.</summary>
    public int Tokens { get; private set; }

    /// <summary>Where each of <see cref="Alive"/> came from: its place in the list before the last <see cref="Grow"/>.</summary>
    public List<int> Parents { get; } = [];

    /// <summary>
    /// Takes the best continuations. Those that end leave the beam, so up to twice its width are looked at: every hypothesis has one end, and enough are left
    /// that go on. An end counts only among the first <see cref="BeamOptions.Beam"/>: one that the beam would have dropped is no output. By transformers' rule
    /// all of those are outputs at the last token.
    /// </summary>
    /// <param name="continuations">
    /// The likeliest of every growing hypothesis, at least twice the beam's width of each where there are so many. Sorted here.
    /// </param>
    public void Grow(List<Continuation> continuations)
    {
        continuations.Sort();
        Tokens++;
        Parents.Clear();
        var next = new List<Growing>(options.Beam);
        var isLast = Tokens == mostTokens && options.LengthPenalty is not null;
        for (var rank = 0; rank < continuations.Count && next.Count < options.Beam; rank++)
        {
            var (log, parent, id) = continuations[rank];
            var path = Alive[parent].Path;
            if (isLast && id != options.EndToken)
            {
                if (rank < options.Beam)
                    End(new Hypothesis(Token.Ids(new Token(path, id), Tokens), log, log / options.Penalty(Tokens), Ended: false));
            }
            else if (id != options.EndToken)
            {
                next.Add(new Growing(new Token(path, id), log));
                Parents.Add(parent);
            }
            else if (rank < options.Beam)
                End(new Hypothesis(Token.Ids(path, Tokens - 1), log, log / options.Penalty(Tokens), Ended: true));
        }
        Alive = next;
        if (Tokens == mostTokens || IsDecided())
            Stop();
    }

    /// <summary>All outputs, best first: those that ended before those that did not, unless they compete.</summary>
    public IReadOnlyList<Hypothesis> Outputs => ended;

    void End(Hypothesis hypothesis)
    {
        var at = ended.Count;
        while (at > 0 && ended[at - 1].Score < hypothesis.Score) // of equals the earlier stays before
            at--;
        ended.Insert(at, hypothesis);
        if (ended.Count > options.Beam)
            ended.RemoveAt(options.Beam);
    }

    /// <summary>
    /// Whether nothing that grows can still become one of the best. A log-probability only falls; the penalty that makes most of a negative one is
    /// that of the longest output where α is above 0, and of the shortest otherwise. transformers takes the present length for the longest.
    /// </summary>
    bool IsDecided()
    {
        if (ended.Count < options.Beam || Alive.Count == 0)
            return Alive.Count == 0;
        var bound = Alive[0].LogProbability / options.Penalty(options.LengthPenalty is not null ? Tokens : options.Alpha > 0 ? mostTokens : Tokens + 1);
        return options.Beam == 1 || bound <= ended[^1].Score;
    }

    void Stop()
    {
        foreach (var (path, log) in Alive)
        {
            if (ended.Count < options.Beam && options.LengthPenalty is null)
                ended.Add(new Hypothesis(Token.Ids(path, Tokens), log, log / options.Penalty(Tokens), Ended: false));
        }
        Alive = [];
        Parents.Clear();
    }

    /// <summary>A growing hypothesis.</summary>
    /// <param name="Path">Its last token, linked to those before; null: it has no token yet.</param>
    /// <param name="LogProbability">The sum over its tokens.</param>
    public readonly record struct Growing(Token? Path, double LogProbability);

    /// <summary>A token after others.</summary>
    public sealed record Token(Token? Before, int Id)
    {
        public static int[] Ids(Token? last, int count)
        {
            var ids = new int[count];
            for (; last is not null; last = last.Before)
                ids[--count] = last.Id;
            return ids;
        }
    }
}

/// <summary>A hypothesis and one token more. Sorted by log-probability, likeliest first; of equals the better hypothesis, then the lower id.</summary>
/// <param name="LogProbability">Sum of the log-probabilities of the hypothesis and the token.</param>
/// <param name="Parent">Place of the hypothesis in its beam.</param>
/// <param name="Id">The token.</param>
readonly record struct Continuation(double LogProbability, int Parent, int Id) : IComparable<Continuation>
{
    public int CompareTo(Continuation other) =>
        LogProbability != other.LogProbability ? other.LogProbability.CompareTo(LogProbability)
        : Parent != other.Parent ? Parent.CompareTo(other.Parent) : Id.CompareTo(other.Id);
}
