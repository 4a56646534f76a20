using Nonet.Alignment.Rewards;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Alignment;

/// <summary>
/// A model with one output per text, the reward of an answer to a prompt. A decoder reads prompt, answer and end token, and the reward is its output at the
/// last of these tokens. An encoder reads prompt and answer as a pair.
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

    /// <summary>
    /// The reward model of an opened checkpoint, with the layout and the scale of its training. Settings that reward.json lacks follow from the
    /// model: a chat template is used if there is one.
    /// </summary>
    /// <exception cref="NotSupportedException">The model has another head.</exception>
    /// <exception cref="MalformedFileException">The model was trained with a chat template, but the checkpoint has none.</exception>
    public static RewardModel Of(LoadedModel open)
    {
        var (scale, template) = (RewardScale.Read(open.FolderPath), open.LoadChatTemplate());
        if (scale.Chat == true && template is null)
            throw new MalformedFileException(open.FolderPath, "no chat template", "the one that the reward model was trained with: see reward.json");
        return new RewardModel(open.Task, new PromptLayout(open.LoadTokenizer(), scale.Chat == false ? null : template), scale);
    }

    /// <summary>The network.</summary>
    public ITaskModel Model => text.Model;

    /// <summary>Layout of prompts and answers, for a decoder.</summary>
    public PromptLayout Layout => layout;

    /// <summary>Tokenizer of the model.</summary>
    public Tokenizer Tokenizer => layout.Tokenizer;

    /// <summary>Normalisation of the rewards.</summary>
    public RewardScale Scale { get; set; }

    /// <summary>Maximum number of tokens in an input; null: the model's context.</summary>
    public int? MaxLength { get; init; }

    /// <inheritdoc cref="Encode(Prompt, string)"/>
    public EncoderInput Encode(string prompt, string answer) => Encode(new Prompt(prompt), answer);

    /// <summary>An answer to a prompt as the model reads it. The beginning of a prompt that is too long is left out.</summary>
    public EncoderInput Encode(Prompt prompt, string answer)
    {
        if (Model.Shape is BertConfig)
            return text.Encode(prompt.Text, answer);
        var (before, own) = layout.Encode(prompt, answer);
        return Encode(before, own);
    }

    /// <summary>
    /// Encodes a response as the model reads it. If the policy has the same layout, the model reads the generated ids, otherwise the text. A truncated
    /// response has no end token.
    /// </summary>
    public EncoderInput Encode(Response response)
    {
        if (Model.Shape is not BertConfig && (response.Layout is null || layout.IsSame(response.Layout)))
            return Encode(response.PromptIds, response.Ids);
        if (Model.Shape is BertConfig || response.Stopped)
            return Encode(response.Prompt, response.Text);
        var (prompt, answer) = layout.Encode(response.Prompt, response.Text);
        return Encode(prompt, answer is [.. var cut, var last] && layout.EndTokens.Contains(last) ? cut : answer);
    }

    /// <summary>Encodes the ids of a prompt and an answer for a decoder. The answer of a truncated response has no end token.</summary>
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
