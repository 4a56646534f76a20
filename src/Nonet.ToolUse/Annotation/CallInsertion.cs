using System.Text;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>A call that is inserted into a text.</summary>
/// <param name="At">Index of the character before which it is inserted.</param>
/// <param name="Call">The call.</param>
/// <param name="Result">The tool's result.</param>
/// <param name="Gain">Decrease of the loss thanks to the result, in nats.</param>
public sealed record KeptCall(int At, ToolCall Call, string Result, double Gain);

/// <summary>
/// Builds the texts of C*: inserts the kept calls of all tools before the tokens that they help to predict. Schick et al. 2023, section 2.
/// </summary>
public static class CallInsertion
{
    /// <summary>The calls to insert into a text: for each tool and position, the call with the highest gain.</summary>
    /// <param name="text">The text and its candidates.</param>
    /// <param name="thresholds">τ_f of each tool. Calls of other tools are not inserted.</param>
    public static IReadOnlyList<KeptCall> Kept(AnnotatedText text, IReadOnlyDictionary<string, double> thresholds) =>
    [
        .. from trial in text.Trials
           where thresholds.ContainsKey(trial.Tool)
           from position in trial.Positions
           let best = position.Samples.Where(s => s.IsUseful(thresholds[trial.Tool])).MaxBy(s => s.Gain)
           where best is not null
           orderby position.At, best.Gain descending
           select new KeptCall(position.At, best.Call!, best.Result!, best.Gain!.Value),
    ];

    /// <summary>A text with its calls and their results.</summary>
    /// <param name="text">The text without calls.</param>
    /// <param name="calls">The calls, ordered by position.</param>
    /// <param name="marks">The marks of a call; null: the paper's.</param>
    public static string Insert(string text, IEnumerable<KeptCall> calls, CallMarks? marks = null)
    {
        marks ??= CallMarks.Default;
        var annotated = new StringBuilder(text.Length);
        var done = 0;
        foreach (var call in calls)
        {
            if (call.At < done || call.At > text.Length)
                throw new ArgumentException($"the call {call.Call} stands at character {call.At}; expected {done} to {text.Length}", nameof(calls));
            annotated.Append(text, done, call.At - done).Append(marks.Write(call.Call, call.Result));
            done = call.At;
        }
        return annotated.Append(text, done, text.Length - done).ToString();
    }
}
