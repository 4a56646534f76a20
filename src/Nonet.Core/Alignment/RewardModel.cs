using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Alignment;

/// <summary>
/// A model with one output per text, read as the reward of an answer to a prompt. A decoder reads prompt, answer and end token, and its reward is read at the
/// last of these tokens; an encoder reads prompt
/// and answer as a pair.
/// </summary>
public sealed class RewardModel
{
    readonly ModelText text;
    readonly PromptLayout layout;

    /// <param name="model">A model for sequence classification with one output.</param>
    /// <param name="layout">Layout of prompts, with the model's tokenizer.</param>
    /// <param name="scale">Normalisation; null: none.</param>
    /// <exception cref="NotSupportedException">The model has another head.</exception>
    public RewardModel(ITaskModel model, PromptLayout layout, RewardScale? scale = null)
    {
        if (model.Head != ModelHead.SequenceClassification || model.Shape.Task!.Labels.Count != 1)
            throw new NotSupportedException($"found a {model.Shape.Family} with "
                + $"{(model.Head == ModelHead.SequenceClassification ? $"{model.Shape.Task!.Labels.Count} labels" : $"a head for {model.Head}")}; "
                + $"expected a reward model: one output per text (task: reward trains one)");
        (text, this.layout, Scale) = (new ModelText(model, layout.Tokenizer), layout, scale ?? RewardScale.Identity);
    }

    /// <summary>The network.</summary>
    public ITaskModel Model => text.Model;

    /// <summary>Tokenizer of the model.</summary>
    public Tokenizer Tokenizer => layout.Tokenizer;

    /// <summary>Normalisation of the rewards.</summary>
    public RewardScale Scale { get; set; }

    /// <summary>Most tokens of an input; null: the model's context.</summary>
    public int? MaxLength { get; init; }

    /// <summary>An answer to a prompt as the model reads it. The beginning of a prompt that is too long is left out.</summary>
    public EncoderInput Encode(string prompt, string answer)
    {
        if (Model.Shape is BertConfig)
            return text.Encode(prompt, answer);
        return Encode(layout.Prompt(prompt), layout.Answer(answer));
    }

    /// <summary>The same by ids, for a decoder: the answer may lack the end token, as a response that was cut short does.</summary>
    public EncoderInput Encode(int[] prompt, int[] answer)
    {
        var longest = Math.Min(MaxLength ?? Model.Context, Model.Context);
        var ids = PromptLayout.Join(prompt, answer, longest);
        return new EncoderInput([.. ids.Select(id => new Token(id, 0, 0))], prompt.Length + answer.Length - ids.Length);
    }

    /// <summary>Outputs (S, 1) of inputs, not normalised, on the open tape.</summary>
    public Tensor Outputs(IReadOnlyList<EncoderInput> inputs, RandomKey? random = null)
    {
        var (hidden, batch) = text.Forward(inputs, random);
        return Model.Task(hidden, batch);
    }

    /// <summary>Normalised rewards of any number of inputs, computed in batches.</summary>
    public double[] Score(IReadOnlyList<EncoderInput> inputs, CancellationToken stopping = default)
    {
        var rewards = new double[inputs.Count];
        for (var first = 0; first < inputs.Count;)
        {
            stopping.ThrowIfCancellationRequested();
            var (end, tokens) = (first, 0);
            while (end < inputs.Count && (end == first || tokens + inputs[end].Tokens.Count <= text.BatchTokens))
                tokens += inputs[end++].Tokens.Count;
            using var scope = new TensorScope();
            var outputs = HostLoss.Read(Outputs([.. inputs.Skip(first).Take(end - first)]));
            for (var i = first; i < end; i++)
                rewards[i] = Scale.Of(outputs[i - first]);
            first = end;
        }
        return rewards;
    }
}
