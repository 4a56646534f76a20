namespace Nonet.Inference.Beams;

/// <summary>The hypotheses of one source: growing ones and finished ones.</summary>
sealed class Beam(BeamOptions options, int mostTokens)
{
    readonly List<Hypothesis> ended = []; // best first

    /// <summary>Growing hypotheses, best first. The list starts with the empty hypothesis and is empty when the search is over.</summary>
    public List<Growing> Alive { get; private set; } = [new Growing(null, 0)];

    /// <summary>Number of tokens in each growing hypothesis.</summary>
    public int Tokens { get; private set; }

    /// <summary>For each of <see cref="Alive"/>, the index of its parent in the list before the last <see cref="Grow"/>.</summary>
    public List<int> Parents { get; } = [];

    /// <summary>
    /// Keeps the best continuations. Finished ones leave the beam. The method therefore considers up to twice the beam's width: each hypothesis can end in only
    /// one way, so enough continuations remain to fill the beam. A finished continuation becomes an output only if it is among the first
    /// <see cref="BeamOptions.Beam"/>. With transformers' rule, all of the first become outputs at the last token.
    /// </summary>
    /// <param name="continuations">
    /// The most likely continuations of every growing hypothesis, at least twice the beam's width for each if it has so many. The method sorts the list.
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

    /// <summary>All outputs, best first. Finished hypotheses precede unfinished ones, unless transformers' rule makes them compete.</summary>
    public IReadOnlyList<Hypothesis> Outputs => ended;

    void End(Hypothesis hypothesis)
    {
        var at = ended.Count;
        while (at > 0 && ended[at - 1].Score < hypothesis.Score) // of equal scores, the earlier one stays first
            at--;
        ended.Insert(at, hypothesis);
        if (ended.Count > options.Beam)
            ended.RemoveAt(options.Beam);
    }

    /// <summary>
    /// Whether no growing hypothesis can still become one of the best outputs. Its log-probability can only fall. The length penalty is most favourable at the
    /// maximum length if α is above 0, and at the minimum length otherwise. transformers uses the current length in place of the maximum.
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
    /// <param name="Path">Its last token, linked to the tokens before it; null: it has no token yet.</param>
    /// <param name="LogProbability">Sum of the log-probabilities of its tokens.</param>
    public readonly record struct Growing(Token? Path, double LogProbability);

    /// <summary>A token, linked to the tokens before it.</summary>
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

/// <summary>A hypothesis and one more token. The order is by falling log-probability, then by the rank of the hypothesis, then by id.</summary>
/// <param name="LogProbability">Sum of the log-probabilities of the hypothesis and the token.</param>
/// <param name="Parent">Index of the hypothesis in its beam.</param>
/// <param name="Id">The token.</param>
readonly record struct Continuation(double LogProbability, int Parent, int Id) : IComparable<Continuation>
{
    public int CompareTo(Continuation other) =>
        LogProbability != other.LogProbability ? other.LogProbability.CompareTo(LogProbability)
        : Parent != other.Parent ? Parent.CompareTo(other.Parent) : Id.CompareTo(other.Id);
}
