using Nonet.Data.Instructions;
using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Data.Mixtures;

/// <summary>
/// An endless source of instruction examples from many tasks. Example i is a pure function of the options, the tasks and i, so the number of the next example
/// is the whole state. Examples are phrased when they are read.
/// </summary>
public sealed class InstructionMixture : IInstructionSource
{
    /// <summary>Largest number of draws that an example uses.</summary>
    const ulong DrawsAhead = 1 << 10;

    readonly MixtureOptions options;
    readonly Func<string, int>? tokens;
    readonly MixtureShare[] shares;
    readonly Mixture order;
    readonly Lock orderLock = new();
    readonly RandomKey key;
    readonly Phrasing[][] inversions; // by kind
    readonly MixtureTask[] trained;
    readonly Phrasing[][] trainedPhrasings;

    /// <param name="options">The mixture.</param>
    /// <param name="tasks">The tasks of each sub-mixture.</param>
    /// <param name="tokens">Counts the tokens of a text, for the limits; null: no row is left out for its length.</param>
    /// <exception cref="MixtureException">There is nothing to train on.</exception>
    public InstructionMixture(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks, Func<string, int>? tokens = null)
    {
        options.Check();
        (this.options, this.tokens, Tasks) = (options, tokens, tasks);
        var known = tasks.SelectMany(t => t).Select(t => t.Cluster).ToHashSet();
        if (options.HeldOut.FirstOrDefault(c => !known.Contains(c)) is { } unknown)
            throw new MixtureException(
                $"{options.Name}: held_out names the cluster {unknown}, which no task has; expected one of "
                + $"{string.Join(", ", known.Order(StringComparer.Ordinal))}");
        shares = MixtureRates.Of(options, tasks, tokens);
        order = new Mixture([.. shares.Select(s => s.Rate)], options.Seed);
        key = new RandomKey(options.Seed, 0, 0).At("examples of a mixture");
        inversions = [.. Enum.GetValues<InversionKind>()
            .Select(k => TemplateLibrary.Of(Inversion.FamilyOf(k)).Select((t, i) => new Phrasing(t, $"{k} {i + 1}")).ToArray())];
        var straight = shares.Where(s => !s.Inverted).ToArray();
        (trained, trainedPhrasings) = ([.. straight.Select(s => s.Task)], [.. straight.Select(s => s.Phrasings)]);
    }

    /// <summary>Options of the mixture.</summary>
    public MixtureOptions Options => options;

    /// <summary>All tasks by sub-mixture, including held-out tasks.</summary>
    public IReadOnlyList<IReadOnlyList<MixtureTask>> Tasks { get; }

    /// <summary>Share of each training task and of each inverted copy.</summary>
    public IReadOnlyList<MixtureShare> Shares => shares;

    /// <summary>The tasks of the held-out clusters.</summary>
    public IReadOnlyList<MixtureTask> HeldOutTasks => [.. Tasks.SelectMany(t => t).Where(t => options.HeldOut.Contains(t.Cluster))];

    /// <summary>Null: a mixture is endless.</summary>
    public long? Count => null;

    /// <summary>The draws of example i, without its text.</summary>
    public MixtureDraw DrawOf(long index)
    {
        int share;
        long item;
        lock (orderLock)
            (share, item) = order.At(index);
        var own = shares[share];
        var (epoch, place) = Math.DivRem(item, own.Kept.Length);
        var permuted = new KeyedPermutation(key.At($"rows of {own.Name}") with { Step = checked((uint)epoch) }, own.Kept.Length);
        var row = own.Kept[permuted[place]];
        var draws = Draws(index);
        var settings = own.Settled;
        var kinds = own.Inverted ? Inversion.KindsOf(own.Task.Rows[row]) : [];
        var (few, listed, reasoned, instructed, shots, template, style) =
            (draws.Uniform(), draws.Uniform(), draws.Uniform(), draws.Uniform(), draws.Between(settings.Options.LeastShots, settings.Options.MostShots),
                draws.Uniform(), draws.Below(TemplateLibrary.Styles.Count));
        InversionKind? kind = own.Inverted ? kinds[draws.Below(kinds.Count)] : null;
        var templates = kind is { } k ? inversions[(int)k].Length : own.Phrasings.Length;
        var isFew = few < settings.FewShot && own.Kept.Length > 1;
        return new MixtureDraw(share, row, kind, isFew ? shots : 0, listed < settings.AnswerOptions && own.Task.Rows[row].Options.Count > 0 && !own.Inverted,
            reasoned < settings.Options.ChainOfThought && own.Task.Rows[row].Rationale is not null && !own.Inverted, !isFew
                || instructed >= settings.Options.WithoutInstruction,
            Math.Min(templates - 1, (int)(template * templates)), style);
    }

    /// <inheritdoc/>
    public InstructionExample this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            var draw = DrawOf(index);
            var (own, draws) = (shares[draw.Share], Draws(index + (1L << 48)));
            var phrasing = draw.Inversion is { } kind ? inversions[(int)kind][draw.Template] : own.Phrasings[draw.Template];
            var row = own.Task.Rows[draw.Row];
            var style = TemplateLibrary.Styles[draw.Style];
            var list = TemplateLibrary.Options[draws.Below(TemplateLibrary.Options.Count)];
            var cue = TemplateLibrary.Cues[draws.Below(TemplateLibrary.Cues.Count)];
            var instruction = !draw.WithInstruction ? null : options.ShuffleInstructions && draw.Inversion is null ? Shuffled(ref draws)
                : phrasing.Instruction(own.Task, row);
            var (question, answer) = Ask(row, draws.Below(row.Targets.Count));
            var parts = new PromptParts(instruction, [], question, answer);
            if (draw.Shots > 0)
                parts = parts with { Exemplars = Exemplars(parts, ref draws) };
            if (parts.Exemplars.Count == 0 && parts.Instruction is null && !options.ShuffleInstructions)
                // no exemplar fits, so only the instruction says what is asked
                parts = parts with { Instruction = phrasing.Instruction(own.Task, row) };
            var (prompt, completion) = PromptLayout.Of(parts, style, phrasing.IsWhole);
            return InstructionExample.Text(prompt, completion, row.Place);

            (string Question, string Answer) Ask(TaskRow one, int target)
            {
                if (draw.Inversion is { } inversion)
                    return phrasing.Ask(own.Task, Inversion.Of(one, inversion), 0);
                var (asked, answered) = phrasing.Ask(own.Task, one, target);
                if (draw.WithOptions && one.Options.Count > 0)
                    asked = $"{asked}\n{list.List(one.Options)}";
                if (draw.WithReasoning && one.Rationale is { } rationale)
                    (asked, answered) = ($"{asked}\n{cue}", Inversion.Reasoned(rationale, answered));
                return (asked, answered);
            }

            (string, string)[] Exemplars(PromptParts bare, ref KeyedDraws more)
            {
                var chosen = new List<(string, string)>();
                var used = new HashSet<int> { draw.Row };
                for (var tries = 0; chosen.Count < draw.Shots && tries < 8 * draw.Shots && used.Count < own.Kept.Length; tries++)
                {
                    var candidate = own.Kept[more.Below(own.Kept.Length)];
                    var other = own.Task.Rows[candidate];
                    var fits = draw.Inversion is { } inversion ? Inversion.KindsOf(other).Contains(inversion) : !draw.WithReasoning
                        || other.Rationale is not null;
                    if (!used.Add(candidate) || !fits || other.Input == row.Input)
                        continue;
                    chosen.Add(Ask(other, 0));
                    if (tokens is not null && options.Limits.FewShot is { } most
                        && tokens(PromptLayout.Of(bare with { Exemplars = chosen }, style, phrasing.IsWhole).Prompt) > most)
                    {
                        chosen.RemoveAt(chosen.Count - 1);
                        break;
                    }
                }
                return [.. chosen];
            }
        }
    }

    /// <summary>Whether a row fits the limits.</summary>
    internal bool Fits(MixtureTask task, TaskRow row) => MixtureRates.Fits(task, row, options, tokens);

    /// <summary>The instruction of a task drawn at random, for item number i of an evaluation.</summary>
    internal string? OtherInstruction(ulong number)
    {
        var draws = new KeyedDraws(key.At("instructions of items"), number * DrawsAhead);
        return Shuffled(ref draws);
    }

    /// <summary>The instruction of a task drawn at random.</summary>
    string? Shuffled(ref KeyedDraws draws)
    {
        var other = draws.Below(trained.Length);
        var phrasings = trainedPhrasings[other];
        return phrasings[draws.Below(phrasings.Length)].Instruction(trained[other], trained[other].Rows[0]);
    }

    KeyedDraws Draws(long index) => new(key, (ulong)index * DrawsAhead);
}
