"""The orchestrator: plans a disaster-recovery drill, carries it out and journals every act."""
