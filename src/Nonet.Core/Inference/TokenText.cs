using Nonet.Text;

namespace Nonet.Inference;

/// <summary>Turns the tokens of one sequence into text that may be shown: whole characters, up to the first stop text.</summary>
sealed class TokenText(StreamingDecoder decoder, IReadOnlyCollection<string> stopTexts)
{
    readonly StopTextFilter filter = new(stopTexts);

    /// <summary>The text that a token completes, and why it is the last, if it is.</summary>
    public (string Text, StopReason? Stop) Add(int id, StopReason? stop)
    {
        var text = stop == StopReason.EndOfText ? "" : decoder.Add(id);
        if (stop is not null)
            text += decoder.Finish();
        var shown = filter.Add(text);
        return filter.Found ? (shown, StopReason.StopText) : (stop is null ? shown : shown + filter.Finish(), stop);
    }

    /// <summary>What is still held back, when no more tokens come.</summary>
    public string Finish() => filter.Add(decoder.Finish()) + filter.Finish();
}
