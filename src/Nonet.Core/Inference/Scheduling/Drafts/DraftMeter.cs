namespace Nonet.Inference.Scheduling.Drafts;

/// <summary>
/// Decides by measurement whether drafts pay: compares the tokens per second of steps with and without drafts. If they do not pay, it tries again after a pause
/// that doubles each time.
/// </summary>
/// <param name="always">Whether to draft in any case, for tests.</param>
sealed class DraftMeter(bool always)
{
    /// <summary>Number of steps of a kind before their measured speed counts.</summary>
    const int Enough = 6;

    /// <summary>Number of steps with drafts before plain steps are measured again.</summary>
    const int Fresh = 128;

    const int FirstPause = 64, LongestPause = 4096;

    Speed plain, drafted;
    int pause = FirstPause, paused;

    /// <summary>Numbers of steps with drafts, of drafted tokens and of accepted ones.</summary>
    public (long Steps, long Drafted, long Accepted) Counts { get; private set; }

    /// <summary>Whether the next step should have drafts.</summary>
    public bool Drafts => always || (paused == 0 && plain.Steps >= Enough);

    /// <summary>Records a step that only decoded.</summary>
    /// <param name="seconds">Its time in seconds, including drafting.</param>
    /// <param name="tokens">Number of new tokens.</param>
    /// <param name="drafts">Number of drafted tokens.</param>
    /// <param name="accepted">Number of accepted drafts.</param>
    public void Record(double seconds, int tokens, int drafts, int accepted)
    {
        if (drafts == 0)
        {
            plain.Add(seconds, tokens);
            paused = Math.Max(0, paused - 1);
            return;
        }
        Counts = (Counts.Steps + 1, Counts.Drafted + drafts, Counts.Accepted + accepted);
        drafted.Add(seconds, tokens);
        if (drafted.Steps < Enough)
            return;
        if (drafted.PerSecond <= plain.PerSecond)
        {
            (paused, pause) = (pause, Math.Min(2 * pause, LongestPause));
            drafted = default;
        }
        else if (drafted.Steps == Fresh)
        {
            pause = FirstPause;
            plain = drafted = default;
        }
    }

    struct Speed
    {
        double seconds, tokens;

        public int Steps { get; private set; }
        public readonly double PerSecond => tokens / seconds;

        public void Add(double seconds, int tokens)
        {
            const double Kept = 0.9; // weight of the earlier measurements
            this.seconds = Kept * this.seconds + seconds;
            this.tokens = Kept * this.tokens + tokens;
            Steps++;
        }
    }
}
