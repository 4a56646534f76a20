using System.Text.Json.Serialization;
using Nonet.Data.Generated;
using Nonet.Files;

namespace Nonet.Recipes.Sequences;

/// <summary>Kind of the generated sequences.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(MappingData), "mappings")]
[JsonDerivedType(typeof(ChainData), "chain")]
public abstract record SequenceData
{
    internal abstract ISequenceGenerator Generator { get; }

    internal abstract void Check();
}

/// <summary>Lines of input and label under a mapping that differs in each sequence: the miniature of few-shot learning.</summary>
public sealed record MappingData : SequenceData
{
    /// <summary>Number of classes in a mapping.</summary>
    [Option("Number of classes in a mapping.", Least = 2, Most = 26)]
    public int Classes { get; init; } = 4;

    /// <summary>Number of lines in a sequence.</summary>
    [Option("Number of lines in a sequence.", Least = 1, Most = 1000)]
    public int Pairs { get; init; } = 17;

    /// <summary>Share of the sequences that are instead random letters, repeated three times.</summary>
    [Option("Share of the sequences that are instead random letters, repeated three times.", Least = 0, Below = 1)]
    public double Repeats { get; init; } = 0.5;

    internal override ISequenceGenerator Generator => new MappingSequences(new SymbolMappings(Classes), Pairs, Repeats);

    internal override void Check()
    {
    }
}

/// <summary>Chains of additions and subtractions modulo 100: the miniature of chain of thought.</summary>
public sealed record ChainData : SequenceData
{
    /// <summary>
    ///The text before the answer: direct (nothing), steps, shuffled (the steps in a random order), dots (as many as the steps have
    /// characters), answer_first (the steps after the answer).
    /// </summary>
    [Option("The text before the answer: direct (nothing), steps, shuffled (the steps in a random order), dots (as many as the steps have characters), "
        + "answer_first (the steps after the answer).")]
    public Reasoning Reasoning { get; init; } = Reasoning.Steps;

    /// <summary>Minimum number of steps in a problem.</summary>
    [Option("Minimum number of steps in a problem.", Least = 1, Most = 20)]
    public int Least { get; init; } = 1;

    /// <summary>Maximum number of steps in a problem.</summary>
    [Option("Maximum number of steps in a problem.", Least = 1, Most = 20)]
    public int Most { get; init; } = 5;

    /// <summary>Maximum number of distractors in a problem: terms that do not change the total.</summary>
    [Option("Maximum number of distractors in a problem: terms that do not change the total. With distractors, a model also learns to reason in more steps "
        + "than its training problems have.", Least = 0, Most = 6)]
    public int Distractors { get; init; }

    internal override ISequenceGenerator Generator => new ChainSequences(Reasoning, Least, Most, Distractors);

    internal override void Check()
    {
        if (Most < Least)
            throw new ArgumentException($"data.most is {Most}; expected at least data.least, {Least}");
    }
}
