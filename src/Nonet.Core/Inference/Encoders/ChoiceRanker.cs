using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>Ranks several continuations of a text: the softmax over one number per choice. Devlin et al. 2018, section 4.4.</summary>
public sealed class ChoiceRanker
{
    readonly ModelText text;

    /// <exception cref="NotSupportedException">The checkpoint has another head.</exception>
    public ChoiceRanker(ITaskModel model, Tokenizer tokenizer) => text = new ModelText(model, tokenizer).Expect(ModelHead.MultipleChoice);

    /// <summary>The probability of each choice, in the order of the choices.</summary>
    public IReadOnlyList<double> Rank(string prompt, IReadOnlyList<string> choices)
    {
        if (choices.Count == 0)
            throw new ArgumentException("there is no choice; expected at least one", nameof(choices));
        using var scope = new TensorScope();
        var (hidden, batch) = text.Forward([.. choices.Select(c => text.Encode(prompt, c))]);
        return ModelText.Softmax(ModelText.FiniteRows(text.Model.Task(hidden, batch)).Select(row => (double)row[0]));
    }
}
