using Nonet.Text;

namespace Nonet.Inference;

/// <summary>Converts the tokens of one sequence to text for the user: whole characters, up to the first stop text.</summary>
sealed class TokenText(StreamingDecoder decoder, IReadOnlyCollection<string> stopTexts)
{
    readonly StopTextFilter filter = new(stopTexts);

    /// <summary>The text that a token completes, and the stop reason if it is the last token.</summary>
    public (string Text, StopReason? Stop) Add(int id, StopReason? stop)
    {
        var text = stop == StopReason.EndOfText ? "" : decoder.Add(id);
        if (stop is not null)
            text += decoder.Finish();
        var shown = filter.Add(text);
        return filter.Found ? (shown, StopReason.StopText) : (stop is null ? shown : shown + filter.Finish(), stop);
    }

    /// <summary>Ends the text, and returns the part that was held back.</summary>
    public string Finish() => filter.Add(decoder.Finish()) + filter.Finish();
}
