using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Data.Tasks;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>A task for fine-tuning: its examples, its head, its loss and its metrics.</summary>
abstract class FineTuneTask
{
    /// <summary>Description of the examples.</summary>
    public abstract string Outline { get; }

    /// <summary>Number of training examples, known once they are encoded.</summary>
    public abstract int Examples { get; }

    /// <summary>Number of truncated inputs, counted during encoding.</summary>
    public int Cut { get; protected set; }

    /// <summary>Message about the checkpoint's head; null if it has none for this kind of task.</summary>
    public string? HeadNotice { get; private set; }

    /// <summary>Message about the layout of prompts and answers; null if the task has none.</summary>
    public virtual string? LayoutNotice => null;

    /// <summary>Warnings before training, such as empty texts.</summary>
    public virtual IEnumerable<string> Warnings => [];

    /// <summary>The task's output layer.</summary>
    /// <param name="stored">Head of the checkpoint, which is kept if it is for this task with the same labels; null: none.</param>
    public abstract TaskHead HeadFor(TaskHead? stored);

    /// <summary>Unit of the loss.</summary>
    public virtual string Unit => LossUnit.NatsPerExample;

    /// <summary>Encodes all texts.</summary>
    /// <param name="text">The model.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    public abstract void Encode(ModelText text, CancellationToken stopping);

    /// <summary>Number of terms in the mean loss of some examples.</summary>
    public virtual long LossTerms(int[] examples) => examples.Length;

    /// <summary>Number of tokens in some examples.</summary>
    public abstract long Tokens(int[] examples);

    /// <summary>The mean loss of some examples.</summary>
    public abstract Tensor Loss(ModelText text, int[] examples, RandomKey random);

    /// <summary>Evaluates the model on the held-out examples.</summary>
    public abstract Measurement Evaluate(ModelText text, CancellationToken stopping);

    /// <summary>Chat templates and end tokens that are saved with the model; null: those that follow from the tokenizer.</summary>
    public virtual ModelSettings? Settings => null;

    /// <summary>Adds fields to the identity of the examples, which checkpoints record.</summary>
    public virtual void Identify(JsonObject examples)
    {
    }

    /// <summary>Writes further files into the folder of a checkpoint.</summary>
    public virtual void Save(ModelText text, string folder, CancellationToken stopping)
    {
    }

    /// <summary>
    /// The labels in the checkpoint's order if its head has the same labels, because that head is then kept. Otherwise the given labels, for a new head.
    /// </summary>
    protected TaskLabels InOrderOf(TaskHead? stored, ModelHead head, TaskLabels labels)
    {
        if (stored is null || stored.Kind != head || (stored.Problem != LabelProblem.SingleLabel && head == ModelHead.SequenceClassification))
            return labels;
        var same = stored.Labels.Count == labels.Count && stored.Labels.All(name => labels.NumberOf(name) is not null);
        HeadNotice = same ? $"kept from the checkpoint, with its labels: {Some(stored.Labels)}"
            : $"initialised randomly, because the checkpoint's labels differ: {Some(stored.Labels)} there, {Some(labels.Names)} in the data";
        return same ? new TaskLabels(stored.Labels) : labels;

        static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(20)) + (names.Count > 20 ? ", ..." : "");
    }

    /// <summary>A head without labels. The head of a checkpoint for the same task is kept.</summary>
    protected TaskHead Unlabelled(TaskHead? stored, ModelHead kind)
    {
        KeepHead(stored?.Kind == kind);
        return new TaskHead { Kind = kind };
    }

    /// <summary>Sets the message about the checkpoint's head.</summary>
    protected void KeepHead(bool kept) => HeadNotice = kept ? "kept from the checkpoint" : null;

    /// <summary>Runs held-out inputs in batches without dropout.</summary>
    /// <param name="text">The model.</param>
    /// <param name="inputs">The inputs, which are processed in order.</param>
    /// <param name="use">Receives the index of a batch's first input, the batch, and the head's logits.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    protected static void Batches(ModelText text, IReadOnlyList<EncoderInput> inputs, Action<int, Batch, Tensor> use, CancellationToken stopping)
    {
        for (var first = 0; first < inputs.Count;)
        {
            stopping.ThrowIfCancellationRequested();
            var (end, tokens) = (first, 0);
            while (end < inputs.Count && (end == first || tokens + inputs[end].Tokens.Count <= text.BatchTokens))
                tokens += inputs[end++].Tokens.Count;
            using var scope = new TensorScope();
            var (hidden, batch) = text.Forward([.. inputs.Skip(first).Take(end - first)]);
            use(first, batch, text.Model.Task(hidden, batch));
            first = end;
        }
    }

    /// <summary>Splits items into training and held-out ones by the text of each item, unless there are separate items for validation.</summary>
    internal static (T[] Train, T[] HeldOut) Split<T>(IReadOnlyList<T> train, IReadOnlyList<T>? validation, double share, ulong seed, Func<T, string> text) =>
        validation is not null ? ([.. train], [.. validation]) : HeldOutSplit.Of(train, share, seed, text, "examples");
}
