using System.Text;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Tests.Inference.Constraints;

/// <summary>Texts against constraints, byte by byte.</summary>
static class ConstrainedText
{
    public static readonly TokenVocabulary Bytes = new([.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })]);

    /// <summary>Whether every byte is in its mask and the text may end after the last.</summary>
    public static bool Accepts(this ITokenConstraint constraint, string text)
    {
        var (state, mask) = (constraint.Fork(), new TokenMask(256));
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            state.Fill(mask);
            if (!mask.Contains(b))
                return false;
            state.Accept(b);
        }
        return state.MayEnd;
    }

    public static ITokenConstraint Schema(string schema) => StructuredText.JsonSchema(schema, Bytes);
}
